import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'build/',
      'dist/',
      'assets/',
      'examples/assets/',
      'cdk.out/',
      'coverage/',
      '.cache/',
      '**/*.js',
      '**/*.mjs',
      '**/*.d.ts',
    ],
  },
  {
    files: ['lib/**/*.ts', 'handlers/**/*.ts', 'examples/**/*.ts', 'bin/**/*.ts', 'scripts/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/class-literal-property-style': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['scripts/**/*.ts', 'handlers/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // `lib` never reaches a handler, the rules know nothing of the CDK, and nothing imports a public room from below.
    files: ['lib/rules/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                'aws-cdk-lib',
                'aws-cdk-lib/*',
                'constructs',
                '../cluster/*',
                '../private/*',
                '../topic/*',
                '../macie/*',
              ],
              message: 'Rules are pure.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    extends: [tseslint.configs.recommended],
    rules: { '@typescript-eslint/no-explicit-any': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
);
