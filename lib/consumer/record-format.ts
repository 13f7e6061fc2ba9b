import { Token } from 'aws-cdk-lib';
import type * as glue from 'aws-cdk-lib/aws-glue';
import { validationError } from '../private/errors';

/** Options of records in JSON. */
export interface JsonFormatOptions {
  /**
   * Columns that every record has to have. A record without one of them is a dead letter.
   *
   * @default - none
   */
  readonly required?: string[];

  /**
   * Whether values begin with the header that the serializers of the AWS Glue Schema Registry write.
   *
   * @default false
   */
  readonly schemaRegistryHeader?: boolean;
}

/** Options of records in Avro. */
export interface AvroFormatOptions {
  /** The registry, by its name. */
  readonly registryName: string;

  /**
   * The schema, by its name. Each record is read with the version that wrote it and stored as the newest version has it:
   * a new column with a default appears in the table by itself.
   */
  readonly schemaName: string;
}

/** What a format makes of itself in a job. */
export interface BoundFormat {
  readonly arguments: Record<string, string>;

  /** The schema in the AWS Glue Schema Registry that the job looks up. */
  readonly schema?: AvroFormatOptions;
}

/** How the values of records are encoded. */
export class RecordFormat {
  /**
   * JSON objects, one a record. Keys that are no column are passed over, columns without a key are null; anything else
   * that does not fit makes the record a dead letter.
   *
   * @param columns the columns, in the types of Glue tables; times are text as in ISO 8601, or seconds since 1970
   */
  public static json(columns: glue.Column[], options: JsonFormatOptions = {}): RecordFormat {
    const required = options.required ?? [];
    const names = columns.map(({ name }) => name);
    checkColumns(names, required);
    const schema = columns.map(({ name, type }) => {
      const constraint = required.includes(name) ? ' NOT NULL' : '';
      return `\`${name}\` ${type.inputString}${constraint}`;
    });
    return new RecordFormat(
      {
        arguments: {
          '--format': 'json',
          '--schema': schema.join(', '),
          '--schema_registry': String(options.schemaRegistryHeader ?? false),
        },
      },
      columns,
    );
  }

  /**
   * Avro as the serializers of the AWS Glue Schema Registry write it.
   *
   * @see https://docs.aws.amazon.com/glue/latest/dg/schema-registry.html
   */
  public static avro(options: AvroFormatOptions): RecordFormat {
    const { registryName, schemaName } = options;
    return new RecordFormat({
      arguments: { '--format': 'avro', '--registry_name': registryName, '--schema_name': schemaName },
      schema: options,
    });
  }

  private constructor(
    /** @internal */
    public readonly _bound: BoundFormat,
    private readonly columns?: glue.Column[],
  ) {}

  /**
   * Refuses a column that can not say when a record happened.
   *
   * @internal
   */
  public _checkEventTime(eventTime: string): void {
    if (this.columns === undefined || Token.isUnresolved(eventTime)) {
      return; // The columns of Avro are in the registry.
    }
    const column = this.columns.find(({ name }) => name === eventTime);
    const type = column?.type.inputString;
    if (type !== 'timestamp' && type !== 'date') {
      const what = column ? `is of type ${type}` : 'is no column of the format';
      throw validationError(
        'GlueEventTime',
        `\`eventTime\` names a column of type timestamp or date, but '${eventTime}' ${what}`,
      );
    }
  }
}

function checkColumns(names: string[], required: string[]): void {
  if (names.length === 0) {
    throw validationError('GlueColumns', '`columns` must not be empty: what is no column is not stored');
  }
  const lower = names.map((name) => name.toLowerCase());
  for (const [index, name] of names.entries()) {
    if (Token.isUnresolved(name)) {
      continue;
    }
    if (lower.indexOf(lower[index]) !== index) {
      throw validationError('GlueColumns', `the column '${name}' is there twice: Spark does not tell case apart`);
    }
    if (!/^[a-z0-9][\w]*$/i.test(name) || name.startsWith('kafka_')) {
      throw validationError(
        'GlueColumns',
        `a column is named by letters, digits and \`_\`, without \`_\` or \`kafka_\` at the beginning, got '${name}'`,
      );
    }
  }
  const unknown = required.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw validationError(
      'GlueColumns',
      `\`required\` names '${unknown}', which is none of \`columns\`: ${names.join(', ')}`,
    );
  }
}
