"""Reads Kafka topics into an Iceberg table, into dated folders of Parquet files, or both: each record once.

Runs on AWS Glue 5 and on plain Spark 3.5. Job arguments, `--name value` or `--name=value`, are all its configuration:
see ARGUMENTS. What does not fit the schema goes to the dead letters, with its bytes and the reason; whatever else goes
wrong ends the run before the offsets move, so that the next run begins where this one could not go on.
"""

import json
import re
import sys
import uuid
import zlib
from datetime import datetime
from functools import reduce

from pyspark import StorageLevel
from pyspark.sql import SparkSession, functions as F
from pyspark.sql.types import ArrayType, BinaryType, DateType, StringType, StructField, StructType, TimestampType

REQUIRED = object()

# Name, and what it is where it is left out.
ARGUMENTS = {
    "bootstrap_servers": REQUIRED,  # host:port,host:port
    "topics": REQUIRED,  # names, separated by commas
    "checkpoint": REQUIRED,  # folder that keeps how far the topics were read; one per job
    "dead_letter_path": REQUIRED,  # folder of records that do not fit
    "auth": "iam",  # iam, scram, mtls, tls or plaintext
    "secret_arn": "",  # of scram and mtls: a secret with username and password, or with certificate and privateKey
    "group_prefix": "spark-kafka-source",  # consumer groups are PREFIX-...
    "starting_position": "earliest",  # earliest, latest or a time like 2026-01-31T00:00:00+00:00; once there is a checkpoint it wins
    "max_records_per_batch": "1000000",
    "window_seconds": "100",  # from the start of one batch to the start of the next
    "trigger": "window",  # window, or available_now: read what is there and end
    "format": "json",  # json or avro
    "schema": "",  # of json: columns as in `id STRING NOT NULL, amount DECIMAL(10,2)`, or Spark's JSON
    "schema_registry": "false",  # whether values begin with the header of the AWS Glue Schema Registry; avro always does
    "registry_name": "",  # of avro
    "schema_name": "",  # of avro; records are read as its newest version has them
    "event_time": "",  # column whose day a record belongs to; without it, the time that Kafka has
    "iceberg_table": "",  # catalog.database.table, created where it does not exist
    "iceberg_location": "",  # folder of the table where it is created
    "parquet_path": "",
    "stream_name": "",  # with it, an empty checkpoint is refused where a stream of this name has written before
    "allow_replay": "false",  # whether such an empty checkpoint is taken, and the records are written again
    "region": "",  # of AWS; without it, what the environment says
    "metrics_namespace": "",  # of CloudWatch
    "JOB_NAME": "msk-to-lake",  # given by Glue: dimension of the metrics
}
CHOICES = {
    "auth": ["iam", "scram", "mtls", "tls", "plaintext"],
    "trigger": ["window", "available_now"],
    "format": ["json", "avro"],
    "schema_registry": ["true", "false"],
    "allow_replay": ["true", "false"],
}
NUMBERS = ["max_records_per_batch", "window_seconds"]

SETTINGS = {
    # The other way joins a consumer group, and needs rights for it.
    "spark.sql.streaming.kafka.useDeprecatedOffsetFetching": "false",
    # Spark hides options by their names where it shows a plan.
    "spark.sql.redaction.options.regex": "(?i)url|jaas|keystore|key.password",
    # Days, and times without an offset, must not depend on where the job runs.
    "spark.sql.session.timeZone": "UTC",
    # As other engines write and read times; without it a time before 1900 ends the run.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    # A batch is kept for some seconds only: to compress it takes longer than to read it.
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
}
# Beside columns of records, whose names do not begin so.
DAY = "_day"
META = ["kafka_topic", "kafka_partition", "kafka_offset", "kafka_timestamp"]
IAM_CALLBACK = "software.amazon.msk.auth.iam.IAMClientCallbackHandler"


def parse_arguments(argv):
    """Glue adds arguments of its own, and its getResolvedOptions knows no defaults and takes abbreviations."""
    values = {name: default for name, default in ARGUMENTS.items() if default is not REQUIRED}
    problems, others, position = [], [], 0
    while position < len(argv):
        name, equals, value = argv[position].partition("=")
        position += 1
        if name[2:] not in ARGUMENTS or not name.startswith("--"):
            others += [name] if name.startswith("--") else []
            continue
        if not equals:
            if position == len(argv):
                problems.append(f"{name} has no value")
                break
            value = argv[position]
            position += 1
        values[name[2:]] = value
    if others:
        print(f"msk_to_lake: arguments that are not of this script: {', '.join(others)}", flush=True)
    problems += [f"--{name} is missing" for name in ARGUMENTS if values.get(name, "") == "" and ARGUMENTS[name] is REQUIRED]
    for name, choices in CHOICES.items():
        if values[name] not in choices:
            problems.append(f"--{name} must be {' or '.join(choices)}, got '{values[name]}'")
    for name in NUMBERS:
        if not re.fullmatch(r"[1-9]\d*", values[name]):
            problems.append(f"--{name} must be a whole number from 1, got '{values[name]}'")
    if values["starting_position"] not in ("earliest", "latest"):
        try:
            if datetime.fromisoformat(values["starting_position"]).tzinfo is None:
                raise ValueError
        except ValueError:
            problems.append(
                "--starting_position must be earliest, latest or a time with its offset like 2026-01-31T00:00:00+00:00, "
                f"got '{values['starting_position']}'"
            )
    if values["auth"] in ("scram", "mtls") and not values["secret_arn"]:
        problems.append(f"--secret_arn is missing: the secret of --auth {values['auth']}")
    if not values["iceberg_table"] and not values["parquet_path"]:
        problems.append("--iceberg_table or --parquet_path is missing")
    if values["format"] == "json" and not values["schema"]:
        problems.append("--schema is missing: the columns of the records")
    if values["format"] == "avro" and not (values["registry_name"] and values["schema_name"]):
        problems.append("--registry_name and --schema_name are missing: where the Avro schema is")
    if problems:
        raise SystemExit("msk_to_lake: " + "; ".join(problems))
    return values


def parse_schema(spark, text):
    try:
        if text.lstrip().startswith("{"):
            return StructType.fromJson(json.loads(text))
        return spark.createDataFrame([], text).schema
    except Exception as error:
        raise SystemExit(f"msk_to_lake: --schema can not be read: {str(error).strip()}") from error


def check_schema(schema, event_time):
    names = [field.name for field in schema.fields]
    lower = [name.lower() for name in names]
    problems = [f"column '{name}' is there twice" for name in sorted({n for n in names if lower.count(n.lower()) > 1})]
    problems += [f"column '{name}' is a name of this script" for name in names if re.match("kafka_|_", name)]
    if event_time:
        if event_time not in names:
            problems.append(f"--event_time '{event_time}' is no column of the schema: {', '.join(names)}")
        elif not isinstance(schema[event_time].dataType, (TimestampType, DateType)):
            problems.append(f"--event_time '{event_time}' must be of type timestamp or date")
    if problems:
        raise SystemExit("msk_to_lake: " + "; ".join(problems))


# ---------------------------------------------------------------------------------------------------------- Kafka


def kafka_options(spark, values):
    options = {
        "kafka.bootstrap.servers": values["bootstrap_servers"],
        # Brokers let in a limited number of new connections a second.
        "kafka.reconnect.backoff.ms": "1000",
        "subscribe": values["topics"],
        "groupIdPrefix": values["group_prefix"],
        "maxOffsetsPerTrigger": values["max_records_per_batch"],
        # Records that expired before they were read end the run: nothing is passed over in silence.
        "failOnDataLoss": "true",
    }
    position = values["starting_position"]
    if position in ("earliest", "latest"):
        options["startingOffsets"] = position
    else:
        options["startingTimestamp"] = str(int(datetime.fromisoformat(position).timestamp() * 1000))
        options["startingOffsetsByTimestampStrategy"] = "latest"
    if values["auth"] == "iam":
        require_class(spark, IAM_CALLBACK)
        options["kafka.security.protocol"] = "SASL_SSL"
        options["kafka.sasl.mechanism"] = "AWS_MSK_IAM"
        options["kafka.sasl.jaas.config"] = "software.amazon.msk.auth.iam.IAMLoginModule required;"
        options["kafka.sasl.client.callback.handler.class"] = IAM_CALLBACK
    elif values["auth"] == "scram":
        user, password = secret(values, "username", "password")
        options["kafka.security.protocol"] = "SASL_SSL"
        options["kafka.sasl.mechanism"] = "SCRAM-SHA-512"
        options["kafka.sasl.jaas.config"] = (
            "org.apache.kafka.common.security.scram.ScramLoginModule required "
            f"username={quoted(user)} password={quoted(password)};"
        )
    elif values["auth"] == "mtls":
        certificate, key, password = secret(values, "certificate", "privateKey", optional="privateKeyPassword")
        options["kafka.security.protocol"] = "SSL"
        options["kafka.ssl.keystore.type"] = "PEM"
        options["kafka.ssl.keystore.certificate.chain"] = certificate
        options["kafka.ssl.keystore.key"] = key
        if password:
            options["kafka.ssl.key.password"] = password
    elif values["auth"] == "tls":
        options["kafka.security.protocol"] = "SSL"
    return options


def secret(values, *names, optional=None):
    """Members of the secret, in their order; what it holds is never said."""
    arn = values["secret_arn"]
    text = aws_client("secretsmanager", values).get_secret_value(SecretId=arn).get("SecretString", "")
    try:
        members = json.loads(text)
        found = [members[name] for name in names]
    except (ValueError, KeyError, TypeError):
        raise SystemExit(f"msk_to_lake: the secret {arn} is no JSON object with {' and '.join(names)}") from None
    return found + [members.get(optional)] if optional else found


def quoted(text):
    """A value of a JAAS configuration."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def require_class(spark, name):
    try:
        spark._jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass(name)
    except Exception as error:
        raise SystemExit(
            f"msk_to_lake: the class {name} is not on the class path: give the jar aws-msk-iam-auth-VERSION-all.jar, on "
            "AWS Glue by the job argument --extra-jars"
        ) from error


# -------------------------------------------------------------------------------------------------------- formats
# Each gives the rows of a batch as META, raw_key, raw_value, r (the record) and bad (why it does not fit, or null).


class Json:
    """JSON with a schema that is given."""

    CORRUPT = "_corrupt"

    def __init__(self, schema, framed):
        self.schema = schema
        self.framed = framed
        # Spark reads the first object and forgets what follows it; inside brackets all of the text has to fit.
        self.parsed = StructType([StructField("r", ArrayType(schema)), StructField(self.CORRUPT, StringType())])

    def read(self, raw):
        payload = inflated(F.col("raw_value")) if self.framed else F.col("raw_value")
        utf8 = F.decode(F.col("payload"), "UTF-8")
        text = F.concat(F.lit('{"r":['), F.col("payload").cast("string"), F.lit("]}"))
        options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": self.CORRUPT}
        fits = F.col(f"p.{self.CORRUPT}").isNull() & (F.size("p.r") == 1) & F.col("p.r")[0].isNotNull()
        return (
            raw.withColumn("payload", payload)
            .withColumn("p", F.from_json(text, self.parsed, options))
            .withColumn("r", F.col("p.r")[0])
            .withColumn(
                "bad",
                F.when(F.col("raw_value").isNull(), "no value")
                .when(F.col("payload").isNull(), "no header of the schema registry")
                .when(utf8.contains("\ufffd") & (F.encode(utf8, "UTF-8") != F.col("payload")), "not UTF-8")
                .when(~F.coalesce(fits, F.lit(False)), "not JSON of the schema"),
            )
            .drop("payload", "p")
        )


class Avro:
    """Avro whose schemas are in the AWS Glue Schema Registry; each record names the version that wrote it."""

    READ = "_read"
    schema = None  # Known when a batch was read: the newest version may change.

    def __init__(self, glue, registry_name, schema_name):
        self.glue = glue
        self.id = {"RegistryName": registry_name, "SchemaName": schema_name}
        self.arn_end = f":schema/{registry_name}/{schema_name}"
        self.writers = {}
        self.refresh()

    def refresh(self):
        newest = self.glue.get_schema_version(SchemaId=self.id, SchemaVersionNumber={"LatestVersion": True})
        definition = json.loads(newest["SchemaDefinition"])
        if definition.get("type") != "record":
            raise SystemExit(f"msk_to_lake: the Avro schema {self.arn_end[8:]} is no record")
        # Spark makes a record of nulls of what it can not read: this field is never null in one that it can.
        definition["fields"].append({"name": self.READ, "type": "boolean", "default": True})
        self.definition = json.dumps(definition)

    def writer(self, version):
        """The schema of a version, or None where there is none of our schema."""
        if version not in self.writers:
            try:
                found = self.glue.get_schema_version(SchemaVersionId=version)
            except self.glue.exceptions.EntityNotFoundException:
                found = {"SchemaArn": ""}
            known = found["SchemaArn"].endswith(self.arn_end)
            self.writers[version] = found["SchemaDefinition"] if known else None
            if known:
                self.refresh()
        return self.writers[version]

    def read(self, raw):
        from pyspark.sql.avro.functions import from_avro

        raw = raw.withColumn("payload", inflated(F.col("raw_value"))).withColumn(
            "version", F.when(F.col("payload").isNotNull(), F.hex(F.substring("raw_value", 3, 16)))
        )
        versions = [row.version for row in raw.select("version").distinct().collect() if row.version]
        writers = {version: self.writer(str(uuid.UUID(version))) for version in versions}
        known = {version: writer for version, writer in writers.items() if writer is not None}
        options = {"mode": "PERMISSIVE", "avroSchema": self.definition}
        # Any writer will do for the type of those that have none.
        nothing = from_avro(F.lit(None).cast("binary"), self.definition)
        is_known = F.coalesce(F.col("version").isin(list(known)), F.lit(False))
        parts = [raw.where(~is_known).withColumn("r", nothing)]
        for version, writer in known.items():
            part = raw.where(F.col("version") == version)
            parts.append(part.withColumn("r", from_avro(F.col("payload"), writer, options)))
        return (
            reduce(lambda one, other: one.unionByName(other), parts)
            .withColumn(
                "bad",
                F.when(F.col("raw_value").isNull(), "no value")
                .when(F.col("payload").isNull(), "no header of the schema registry")
                .when(~is_known, "of no version of the schema")
                .when(F.col("r")[self.READ].isNull(), "not Avro of the schema"),
            )
            .drop("payload", "version")
        )


@F.udf(BinaryType())
def inflated(value):
    """What follows the header: a 3, the compression (0 none, 5 zlib) and the id of the schema version."""
    if value is None or len(value) < 18 or value[0] != 3 or value[1] not in (0, 5):
        return None
    try:
        return zlib.decompress(value[18:]) if value[1] == 5 else value[18:]
    except zlib.error:
        return None


def judged(rows, schema, event_time):
    """Adds the day of each row, and finds what is missing."""
    bad = F.col("bad")
    for field in schema.fields:
        value = F.col("r")[field.name]
        if not field.nullable or field.name == event_time:
            bad = F.coalesce(bad, F.when(value.isNull(), f"{field.name} is missing"))
        if isinstance(field.dataType, (TimestampType, DateType)):
            # Milliseconds taken for seconds, mostly. No other engine could read it.
            bad = F.coalesce(bad, F.when(~F.year(value).between(1, 9999), f"{field.name} is not in the years 1 to 9999"))
    rows = rows.withColumn("bad", bad)
    # Of the record or of Kafka, never of the clock: a batch that runs again has to give the same rows.
    when = F.when(F.col("bad").isNull(), F.col("r")[event_time]) if event_time else F.lit(None)
    return rows.withColumn("day", F.to_date(F.coalesce(when, F.col("kafka_timestamp"))))


# ---------------------------------------------------------------------------------------------------------- sinks
# Spark runs the last batch again with the same offsets and the same number, until its commit is in the checkpoint.


class Iceberg:
    """Each snapshot says which batch it is; a batch that has one is not written again."""

    def __init__(self, spark, table, location, event_time, stream_name):
        self.spark = spark
        self.table = table
        self.location = location
        self.day_of = event_time or "kafka_timestamp"
        self.stream_name = stream_name
        self.begun = False

    def others(self, query_id):
        """Earlier checkpoints of this stream."""
        if not self.spark.catalog.tableExists(self.table):
            return []
        rows = self.snapshots("stream-name", self.stream_name).select("summary").collect()
        return [row.summary["stream-query-id"] for row in rows if row.summary["stream-query-id"] != query_id]

    def write(self, rows, query_id, batch_id, _days):
        rows = rows.drop(DAY)
        if not self.begun:
            # Of a run, only the first batch can be one that runs again.
            self.create(rows)
            done = self.snapshots("stream-query-id", query_id)
            newest = done.select(F.max(F.col("summary")["stream-batch-id"].cast("long"))).first()[0]
            self.begun = True
            if newest is not None and newest >= batch_id:
                return
        (
            rows.writeTo(self.table)
            .option("mergeSchema", "true")
            .option("snapshot-property.stream-query-id", query_id)
            .option("snapshot-property.stream-batch-id", str(batch_id))
            .option("snapshot-property.stream-name", self.stream_name)
            .append()
        )

    def create(self, rows):
        if self.spark.catalog.tableExists(self.table):
            return
        table = rows.limit(0).writeTo(self.table).partitionedBy(F.days(self.day_of))
        table = table.tableProperty("format-version", "2").tableProperty("write.spark.accept-any-schema", "true")
        if self.location:
            table = table.tableProperty("location", self.location)
        table.create()

    def snapshots(self, key, value):
        return self.spark.table(f"{self.table}.snapshots").where(F.col("summary")[key] == value)


class Folders:
    """A folder for each day and batch, replaced as a whole: a batch that runs again replaces what it has written."""

    def __init__(self, spark, path, stream_name):
        self.spark = spark
        self.path = path.rstrip("/")
        self.stream_name = stream_name

    def others(self, query_id):
        """Earlier checkpoints of this stream. Readers pass over names that begin with an underscore."""
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", self.stream_name)
        file = self.spark._jvm.org.apache.hadoop.fs.Path(f"{self.path}/_streams/{name}/{query_id}")
        files = file.getFileSystem(self.spark._jsc.hadoopConfiguration())
        files.mkdirs(file.getParent())
        found = [status.getPath().getName() for status in files.listStatus(file.getParent())]
        others = [other for other in found if other != query_id]
        if not others:
            files.create(file, True).close()
        return others

    def write(self, rows, query_id, batch_id, days):
        for day in days:
            (
                rows.where(F.col(DAY) == day)
                .drop(DAY)
                .write.mode("overwrite")
                .parquet(f"{self.path}/dt={day}/batch={query_id[:8]}-{batch_id:010d}")
            )


def batch_writer(spark, values, reader, counts):
    stream_name = values["stream_name"]
    sinks = []
    if values["iceberg_table"]:
        sinks.append(Iceberg(spark, values["iceberg_table"], values["iceberg_location"], values["event_time"], stream_name))
    if values["parquet_path"]:
        sinks.append(Folders(spark, values["parquet_path"], stream_name))
    dead_letters = Folders(spark, values["dead_letter_path"], stream_name)

    def refuse_replay(query_id):
        for sink in sinks if stream_name and values["allow_replay"] == "false" else []:
            if sink.others(query_id):
                raise RuntimeError(
                    f"the checkpoint {values['checkpoint']} is empty, but the stream {stream_name} has written before: "
                    "bring its checkpoint back, or give --allow_replay true to write from the starting position again"
                )

    def write(batch, batch_id):
        query_id = spark.sparkContext.getLocalProperty("sql.streaming.queryId")
        if batch_id == 0:
            refuse_replay(query_id)
        raw = batch.select(
            F.col("topic").alias("kafka_topic"),
            F.col("partition").alias("kafka_partition"),
            F.col("offset").alias("kafka_offset"),
            F.col("timestamp").alias("kafka_timestamp"),
            F.col("key").alias("raw_key"),
            F.col("value").alias("raw_value"),
        )
        cached = [raw.persist(StorageLevel.MEMORY_AND_DISK)] if isinstance(reader, Avro) else []
        read = reader.read(raw)
        fields = [field for field in read.schema["r"].dataType if field.name != Avro.READ]
        schema = reader.schema or StructType(fields)
        check_schema(schema, values["event_time"])
        rows = judged(read, schema, values["event_time"])
        is_bad = F.col("bad").isNotNull()
        # Kept, because it is read several times; of what is good, without the bytes.
        rows = rows.select(
            *META,
            *[F.col("r")[field.name].alias(field.name) for field in schema.fields],
            F.when(is_bad, F.col("raw_key")).alias("_key"),
            F.when(is_bad, F.col("raw_value")).alias("_value"),
            F.col("bad").alias("_bad"),
            F.col("day").alias(DAY),
        ).persist(StorageLevel.MEMORY_AND_DISK)
        cached.append(rows)
        is_bad = F.col("_bad").isNotNull()
        try:
            found = rows.groupBy(DAY, is_bad.alias("is_bad")).agg(
                F.count("*").alias("records"), F.min("kafka_timestamp").cast("double").alias("oldest")
            ).collect()
            good = rows.where(~is_bad).drop("_key", "_value", "_bad")
            letter = {"_key": "raw_key", "_value": "raw_value", "_bad": "reason"}
            dead = rows.where(is_bad).select(*META, *[F.col(name).alias(alias) for name, alias in letter.items()], DAY)
            days = sorted(row[DAY] for row in found if not row.is_bad)
            if days:
                for sink in sinks:
                    sink.write(good, query_id, batch_id, days)
            dead_letters.write(dead, query_id, batch_id, sorted(row[DAY] for row in found if row.is_bad))
        finally:
            for frame in cached:
                frame.unpersist()
        counts[batch_id] = {
            "DeadLetters": sum(row.records for row in found if row.is_bad),
            "RecordAge": max([0.0] + [datetime.now().timestamp() - row.oldest for row in found]),
        }

    return write


# -------------------------------------------------------------------------------------------------------- metrics

UNITS = {"Records": "Count", "DeadLetters": "Count", "OffsetsBehind": "Count", "RecordAge": "Seconds", "BatchDuration": "Milliseconds"}


class Metrics:
    """Says what each batch did: to the log, and to CloudWatch where a namespace is given."""

    def __init__(self, values, counts):
        self.namespace = values["metrics_namespace"]
        self.job_name = values["JOB_NAME"]
        self.counts = counts
        self.last = ""
        self.client = aws_client("cloudwatch", values) if self.namespace else None

    def publish(self, query):
        for progress in query.recentProgress:  # In its order of time; a short batch has passed when it is looked for.
            if progress["timestamp"] > self.last:
                self.last = progress["timestamp"]
                self.publish_one(progress)

    def publish_one(self, progress):
        behind = [source.get("metrics") or {} for source in progress["sources"]]
        batch = self.counts.pop(progress["batchId"], {"DeadLetters": 0, "RecordAge": 0.0})
        figures = {
            "Records": progress["numInputRows"],
            "OffsetsBehind": max([0.0] + [float(each.get("maxOffsetsBehindLatest", 0)) for each in behind]),
            "BatchDuration": progress["durationMs"].get("triggerExecution", 0),
            **batch,
        }
        print("msk_to_lake: " + json.dumps({"batch": progress["batchId"], **figures}), flush=True)
        if self.client is None:
            return
        dimensions = [{"Name": "JobName", "Value": self.job_name}]
        data = [
            {"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": UNITS[name]}
            for name, value in figures.items()
        ]
        try:
            self.client.put_metric_data(Namespace=self.namespace, MetricData=data)
        except Exception as error:  # A missing metric alarms by itself; the stream must not stop for it.
            print(f"msk_to_lake: metrics were not taken: {error}", flush=True)


def aws_client(service, values):
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3})
    return boto3.client(service, region_name=values["region"] or None, config=config)


def main(argv):
    values = parse_arguments(argv)
    spark = SparkSession.builder.getOrCreate()
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)
    if values["format"] == "avro":
        reader = Avro(aws_client("glue", values), values["registry_name"], values["schema_name"])
    else:
        reader = Json(parse_schema(spark, values["schema"]), values["schema_registry"] == "true")
        check_schema(reader.schema, values["event_time"])

    counts = {}
    metrics = Metrics(values, counts)
    stream = spark.readStream.format("kafka").options(**kafka_options(spark, values)).load()
    writer = stream.writeStream.option("checkpointLocation", values["checkpoint"])
    writer = writer.foreachBatch(batch_writer(spark, values, reader, counts))
    if values["trigger"] == "available_now":
        writer = writer.trigger(availableNow=True)
    else:
        writer = writer.trigger(processingTime=f"{values['window_seconds']} seconds")
    query = writer.start()
    while not query.awaitTermination(5):
        metrics.publish(query)
    metrics.publish(query)


if __name__ == "__main__":
    main(sys.argv[1:])
