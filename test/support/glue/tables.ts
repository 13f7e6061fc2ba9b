import { pythonJson } from '../spark';

/** Asks DuckDB, with an Iceberg table under a name, and its rows as PyIceberg reads them: nothing of Spark. */
const QUERIES = `
import glob, json, sys
import duckdb
from pyiceberg.table import StaticTable

location, name, queries = sys.argv[1:]
newest = max(glob.glob(location + "/metadata/v*.metadata.json"), key=lambda file: int(file.split("/v")[-1].split(".")[0]))
rows = StaticTable.from_metadata(newest).scan().to_arrow()
db = duckdb.connect()
db.sql("SET TimeZone = 'UTC'")
db.register(name, rows)

# Times as text: for those with a zone DuckDB's client wants one more package.
def answer(query):
    result = db.sql(query)
    columns = [f'"{name}"' for name in result.columns]
    times = ["::VARCHAR" if "TIME" in str(type) else "" for type in result.types]
    result = result.project(", ".join(f"{name}{time} AS {name}" for name, time in zip(columns, times)))
    return [dict(zip(result.columns, row)) for row in result.fetchall()]

print(json.dumps([answer(query) for query in json.loads(queries)], default=str))
`;

type Row = Record<string, any>;

/** What queries answer over the Iceberg table in a folder. */
export function askTable(location: string, name: string, queries: readonly string[]): Row[][] {
  return pythonJson(QUERIES, location, name, JSON.stringify(queries));
}

/** What is in dated folders of Parquet files. */
export function askFolders(folder: string, query: (files: string) => string): unknown[][] {
  const files = `read_parquet('${folder}/dt=*/batch=*/*.parquet', hive_partitioning=true, union_by_name=true)`;
  return pythonJson(
    'import duckdb, json, sys; print(json.dumps(duckdb.sql(sys.argv[1]).fetchall(), default=str))',
    query(files),
  );
}
