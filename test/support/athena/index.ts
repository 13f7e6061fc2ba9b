import { Template } from 'aws-cdk-lib/assertions';
import type { Stack } from 'aws-cdk-lib';
import { pythonJson } from '../spark';

/**
 * DuckDB in the place of Athena: the table as Glue has it defined, over the files below its location.
 *
 * Names of fields are made lower case and lines that are no JSON left out, which is what the table's serializer does.
 */
const ASK = `
import glob, gzip, json, os, re, sys, tempfile
import duckdb

spec = json.loads(sys.argv[1])

def lowered(value):
    if isinstance(value, dict):
        return {name.lower(): lowered(member) for name, member in value.items()}
    return [lowered(member) for member in value] if isinstance(value, list) else value

def duck(hive):
    names = {"string": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER"}
    if hive in names:
        return names[hive]
    kind, inner = re.fullmatch(r"(struct|array)<(.*)>", hive).groups()
    if kind == "array":
        return duck(inner) + "[]"
    depth, parts = 0, [""]
    for letter in inner:
        depth += {"<": 1, ">": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    members = [part.split(":", 1) for part in parts]
    return "STRUCT(" + ", ".join(f'"{name}" {duck(type)}' for name, type in members) + ")"

lines = []
for file in sorted(glob.glob(spec["folder"] + "/**/*", recursive=True)):
    if not os.path.isfile(file):
        continue
    day = dict(part.split("=", 1) for part in file.split("/") if "=" in part)
    with gzip.open(file, "rt") as text:
        for line in text:
            try:
                lines.append({**lowered(json.loads(line)), **day})
            except ValueError:
                pass

with tempfile.NamedTemporaryFile("w", suffix=".json") as rows:
    rows.write("".join(json.dumps(line) + chr(10) for line in lines))
    rows.flush()
    columns = {column["Name"]: duck(column["Type"]) for column in spec["columns"]}
    db = duckdb.connect()
    db.sql(f'CREATE SCHEMA "{spec["database"]}"')
    db.sql(f'''CREATE TABLE "{spec["database"]}"."{spec["table"]}" AS
        SELECT * FROM read_json('{rows.name}', format='newline_delimited', columns={columns})''')

def answer(query):
    result = db.sql(query)
    return [dict(zip(result.columns, row)) for row in result.fetchall()]

print(json.dumps({name: answer(query) for name, query in spec["queries"].items()}))
`;

/** What the named queries of a table answer, by their names. */
export function askNamedQueries(
  stack: Stack,
  tableName: string,
  folder: string,
): Record<string, Record<string, any>[]> {
  const template = Template.fromStack(stack);
  const tables = Object.values(template.findResources('AWS::Glue::Table')).map(({ Properties }) => Properties);
  const { DatabaseName, TableInput } = tables.find(({ TableInput: { Name } }) => Name === tableName)!;
  const queries = Object.values(template.findResources('AWS::Athena::NamedQuery'))
    .map(({ Properties }) => Properties)
    .filter(({ Database }) => Database === DatabaseName);
  const columns = [...TableInput.StorageDescriptor.Columns, ...(TableInput.PartitionKeys ?? [])];
  return pythonJson(
    ASK,
    JSON.stringify({
      folder,
      columns,
      database: DatabaseName,
      table: tableName,
      queries: Object.fromEntries(queries.map(({ Name, QueryString }) => [Name, QueryString])),
    }),
  );
}
