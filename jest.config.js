const base = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true } },
        module: { type: 'commonjs' },
      },
    ],
  },
  snapshotSerializers: ['<rootDir>/test/support/serializer.ts'],
  // Removes the temporary `cdk.out` folders that every in-process synth leaves behind.
  setupFilesAfterEnv: ['aws-cdk-lib/testhelpers/jest-autoclean'],
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/dist/', '<rootDir>/cdk.out/', '<rootDir>/.cache/'],
};

// A second `aws-cdk-lib`: the gate runs the unit tests on the newest one too.
const cdk = process.env.CDK_LIB;
if (cdk) {
  base.moduleNameMapper = { '^(aws-cdk-lib|constructs)(/.*)?$': `<rootDir>/${cdk}/$1$2` };
}

// The CDK's own template validator costs seconds per test file: only the `validated` project runs with it.
const fast = { ...base, setupFiles: ['<rootDir>/test/support/setup.ts'] };

module.exports = {
  maxWorkers: '100%',
  // Many tests start processes; five seconds are too few for that on a busy machine.
  testTimeout: 60_000,
  projects: [
    {
      ...fast,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      // Snapshots are compared on the lowest version of the CDK only.
      testPathIgnorePatterns: [
        '/node_modules/',
        `<rootDir>/test/(validated|engines|languages${cdk ? '|examples' : ''})/`,
      ],
    },
    { ...base, displayName: 'validated', testMatch: ['<rootDir>/test/validated/**/*.test.ts'] },
    { ...fast, displayName: 'engines', testMatch: ['<rootDir>/test/engines/**/*.test.ts'] },
    { ...fast, displayName: 'languages', testMatch: ['<rootDir>/test/languages/**/*.test.ts'] },
  ],
};
