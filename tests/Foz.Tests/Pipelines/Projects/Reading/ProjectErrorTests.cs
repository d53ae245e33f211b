using Foz.Lake;

namespace Foz.Tests.Pipelines.Projects.Reading;

public sealed class ProjectErrorTests : IDisposable
{
    readonly ProjectFolder folder = new() { ["foz.yml"] = ProjectFolder.FozYml };

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("", "foz.yml:1:1: 'name' is missing")]
    [InlineData("- a", "foz.yml:1:1: foz.yml must be a mapping, not a list")]
    [InlineData("name: [a]", "foz.yml:1:7: 'name' must be a single value, not a list")]
    [InlineData("name: a b", "foz.yml:1:7: 'a b' is not a name for a project\n  letters, digits, _, - and .")]
    [InlineData("name: x\nmemmory: 1GB", "foz.yml:2:1: unknown key 'memmory'\n  did you mean 'memory'?")]
    [InlineData(
        "name: x\nmemory: 1",
        "foz.yml:2:9: 'memory' must be an amount of memory of at least 4MB, such as 512MB or 2GB, not '1'")]
    [InlineData(
        "name: x\nmemory: 1KB",
        "foz.yml:2:9: 'memory' must be an amount of memory of at least 4MB, such as 512MB or 2GB, not '1KB'")]
    [InlineData("name: x\nthreads: 0", "foz.yml:2:10: 'threads' must be a whole number from 1 to 1024, not '0'")]
    [InlineData(
        "name: x\nlake: ${LAKE}",
        "foz.yml:2:7: the environment variable 'LAKE' is not set\n  set it, add it to .env, or give a default: ${LAKE:-…}")]
    [InlineData("name: x\nconnections: [a]", "foz.yml:2:14: 'connections' must be a mapping, not a list")]
    [InlineData(
        "name: x\nconnections:\n  shop: db",
        "foz.yml:3:9: a connection must be a mapping, not 'db'\n  it needs a 'type'")]
    [InlineData(
        "name: x\nconnections:\n  shop: {}",
        "foz.yml:3:3: 'type' is missing in a connection\n  known: database, files")]
    [InlineData(
        "name: x\nconnections:\n  shop: {type: databse, host: a}",
        "foz.yml:3:16: unknown type of connection 'databse'\n  did you mean 'database'?")]
    [InlineData(
        "name: x\nconnections:\n  shop: {type: database}",
        "foz.yml:3:9: 'host' is missing in a connection of type database\n  The server.")]
    [InlineData(
        "name: x\nconnections:\n  my-shop: {type: files}",
        "foz.yml:3:3: 'my-shop' is not a name for a connection\n  letters, digits and _, no digit first, at most 128 characters")]
    [InlineData(
        "name: x\nconnections:\n  shop: {type: database, host: a, prot: 1}",
        "foz.yml:3:35: unknown key 'prot' in a connection of type database\n  did you mean 'port'?")]
    [InlineData(
        "name: x\nconnections:\n  shop: {type: database, host: a, password: hunter2}",
        "foz.yml:3:45: 'password' is a secret and must not stand in a file\n  write ${PASSWORD} here, and set PASSWORD in the environment or in .env, outside of git")]
    [InlineData("name: x\nenvironments:\n  dev: {lak: y}", "foz.yml:3:9: unknown key 'lak'\n  did you mean 'lake'?")]
    [InlineData(
        "name: x\nenvironments:\n  dev: {memory: lots}",
        "foz.yml:3:17: 'memory' must be an amount of memory of at least 4MB, such as 512MB or 2GB, not 'lots'")]
    [InlineData(
        "name: x\nenvironments:\n  dev: {schema_prefix: a-}\ndefault_environment: dev",
        "foz.yml:3:24: 'a-' is not a name for a schema\n  letters, digits and _, no digit first, at most 128 characters")]
    [InlineData(
        "name: x\nenvironments: {dev: }\ndefault_environment: dv",
        "foz.yml:3:22: unknown environment 'dv'\n  did you mean 'dev'?")]
    [InlineData(
        "name: x\nenvironments:\n  dev:\n    connections: {shop: {type: database}}",
        "foz.yml:4:25: 'host' is missing in a connection of type database\n  The server.")]
    public void Mistakes_in_foz_yml_are_told(string text, string expected)
    {
        folder["foz.yml"] = text;
        Assert.Equal([expected], folder.Errors());
    }

    [Theory]
    [InlineData("name: shop\nstreams: all", "sources/s.yml:1:1: 'connection' is missing")]
    [InlineData(
        "connection: shop", "sources/s.yml:1:1: 'streams' is missing\n  write 'streams: all', or a mapping of names")]
    [InlineData(
        "connection: shp\nstreams: all", "sources/s.yml:1:13: unknown connection 'shp'\n  did you mean 'shop'?")]
    [InlineData(
        "connection: shop\nstreams: some",
        "sources/s.yml:2:10: 'streams' must be a mapping of names or 'all', not 'some'")]
    [InlineData(
        "connection: shop\ntables: all",
        "sources/s.yml:1:1: 'streams' is missing\n  write 'streams: all', or a mapping of names|sources/s.yml:2:1: unknown key 'tables'\n  did you mean 'streams'?")]
    [InlineData("connection: shop\nstreams: {a: b}", "sources/s.yml:2:14: a stream must be a mapping, not 'b'")]
    [InlineData(
        "connection: shop\nstreams: {a/b: }",
        "sources/s.yml:2:11: 'a/b' is not a name for a stream\n  letters, digits, _, $, - and spaces between them, at most 128 characters")]
    [InlineData(
        "connection: shop\nstreams: {a__rejected: }",
        "sources/s.yml:2:11: the name 'a__rejected' is reserved\n  __rejected ends the names of tables that stand beside others")]
    [InlineData(
        "connection: shop\nstreams: {'*': {mode: snapshot}}",
        "sources/s.yml:2:16: '*' takes no settings\n  it means all others")]
    [InlineData(
        "connection: shop\nstreams: {a: {mod: snapshot}}",
        "sources/s.yml:2:15: unknown key 'mod' in a stream of type database\n  did you mean 'mode'?")]
    [InlineData(
        "connection: shop\nstreams: {a: {mode: snap}}",
        "sources/s.yml:2:21: unknown mode 'snap'\n  known: snapshot, incremental, cdc")]
    [InlineData(
        "connection: shop\nstreams: {a: {mode: cdc}}",
        "sources/s.yml:2:21: sources of type database have no log of changes that Foz reads\n"
            + "  known: mariadb, mysql, postgresql; mode: incremental reads rows by a cursor")]
    [InlineData(
        "connection: shop\nstreams: {a: {cursor: id}}",
        "sources/s.yml:2:23: 'cursor' needs 'mode: incremental'\n  add it, or take 'cursor' out")]
    [InlineData(
        "connection: disk\nstreams: {a: }",
        "sources/s.yml:2:11: 'path' is missing in a stream of type files\n  The files.")]
    [InlineData(
        "connection: disk\nstreams: {a: {path: x, format: cvs}}",
        "sources/s.yml:2:32: unknown format 'cvs'\n  did you mean 'csv'?")]
    [InlineData(
        "connection: shop\nschema: foz\nstreams: all",
        "sources/s.yml:2:9: the schema 'foz' is reserved\n  use another, such as bronze, silver or gold")]
    [InlineData(
        "connection: shop\nschema: _x\nstreams: all",
        "sources/s.yml:2:9: '_x' is not a name for a schema\n  folders that start with _ are the lake's own")]
    [InlineData(
        "connection: shop\nmax_slot_wal: 20GB\nstreams: all",
        "sources/s.yml:2:15: 'max_slot_wal' is not possible with sources of type database: they keep no log for a reader\n  take it out; MySQL and MariaDB delete their logs by binlog_expire_logs_seconds")]
    [InlineData(
        "connection: shop\nenvelope: debezium\nstreams: all",
        "sources/s.yml:2:11: 'envelope' is not possible with sources of type database: they have no log of changes\n  take it out; PostgreSQL, MySQL and MariaDB have one")]
    [InlineData(
        "connection: shop\nsilver: history\nstreams: all",
        "sources/s.yml:2:9: unknown silver 'history'\n  known: current")]
    [InlineData(
        "connection: disk\nsilver: current\nstreams: {a: {path: x}}",
        "sources/s.yml:3:11: 'silver: current' needs 'keys' of the stream 'a': the rows of an incremental stream come again when they change\n  name the columns that identify a row: keys: [id]; or say in models/silver/a.sql what silver.a is")]
    [InlineData(
        "connection: shop\non_violation: quarantaine\nstreams: all",
        "sources/s.yml:2:15: unknown on_violation 'quarantaine'\n  did you mean 'quarantine'?")]
    [InlineData(
        "connection: shop\nstreams:\n  a:\n    columns: {id: {chekcs: []}}",
        "sources/s.yml:4:20: unknown key 'chekcs'\n  did you mean 'checks'?")]
    [InlineData(
        "connection: shop\nstreams:\n  a:\n    columns:\n      - {name: id}\n      - {name: ID}",
        "sources/s.yml:6:16: the column 'ID' stands here twice\n  first at line 5")]
    [InlineData(
        "connection: shop\nstreams:\n  a:\n    columns: [{type: int}]", "sources/s.yml:4:15: 'name' is missing")]
    [InlineData(
        "connection: shop\nstreams:\n  a:\n  A:",
        "sources/s.yml:4:3: the table 'bronze.a' is there twice\n  first at sources/s.yml:3:3; names are the same whatever the case")]
    [InlineData(
        "connection: shop\nstreams:\n  a:\n    columns: {x: {checks: [{relationships: {to: silver.x, field: id}}]}}",
        "sources/s.yml:4:49: unknown table 'silver.x'\n  no model and no stream of a source is called so; foz ls shows what there is")]
    public void Mistakes_in_a_source_are_told(string text, string expected)
    {
        folder["sources/s.yml"] = text;
        Assert.Equal(expected.Split('|'), folder.Errors());
    }

    [Theory]
    [InlineData(
        "materialisation: view",
        "models/silver/m.sql:2:1: unknown key 'materialisation'\n  did you mean 'materialization'?")]
    [InlineData(
        "materialized: view", "models/silver/m.sql:2:1: unknown key 'materialized'\n  did you mean 'materialization'?")]
    [InlineData(
        "materialization: veiw", "models/silver/m.sql:2:18: unknown materialization 'veiw'\n  did you mean 'view'?")]
    [InlineData(
        "materialization: seed",
        "models/silver/m.sql:2:18: 'materialization: seed' is a CSV file in seeds/\n  known: table, view, incremental, snapshot, ephemeral")]
    [InlineData(
        "materialization: {strategy: merge, unique_key: a}",
        "models/silver/m.sql:2:18: 'type' is missing in 'materialization'\n  known: table, view, incremental, snapshot, ephemeral")]
    [InlineData(
        "materialization: {type: incremental, strategy: merge}",
        "models/silver/m.sql:2:48: 'strategy: merge' needs 'unique_key'\n  name the columns that identify a row")]
    [InlineData(
        "materialization: {type: incremental, strategy: scd2_by_time, unique_key: a}",
        "models/silver/m.sql:2:48: 'strategy: scd2_by_time' needs 'updated_at'\n  name the column that tells when a row became what it is")]
    [InlineData(
        "materialization: {type: snapshot, strategy: check}",
        "models/silver/m.sql:2:45: 'strategy: scd2_by_column' needs 'unique_key'\n  name the columns that identify a row")]
    [InlineData(
        "materialization: {type: snapshot, strategy: append}",
        "models/silver/m.sql:2:45: unknown strategy 'append'\n  known: scd2_by_time, scd2_by_column, timestamp, check")]
    [InlineData(
        "materialization: {type: incremental, strategy: cdc}",
        "models/silver/m.sql:1:1: 'strategy: cdc' of silver.m needs 'keys'\n  name the columns that identify a row")]
    [InlineData(
        "materialization: {type: incremental, strategy: microbatch, event_time: a}",
        "models/silver/m.sql:2:48: 'strategy: microbatch' needs 'begin'\n  write the first day, such as '2026-01-01'")]
    [InlineData(
        "materialization: {type: incremental, strategy: microbatch, begin: '2026-01-01'}",
        "models/silver/m.sql:2:48: 'strategy: microbatch' needs 'event_time'\n  name the column that tells when a row's event was")]
    [InlineData(
        "materialization: {type: incremental, strategy: microbatch, event_time: a, begin: soon}",
        "models/silver/m.sql:2:82: 'begin' must be an instant, not 'soon'\n  write '2026-01-31' or '2026-01-31 08:30:00', in UTC unless it says otherwise")]
    [InlineData(
        "materialization: {type: incremental, strategy: microbatch, event_time: a, begin: '2026-01-01', batch_size: week}", "models/silver/m.sql:2:108: unknown batch_size 'week'\n  known: hour, day, month, year")]
    [InlineData(
        "materialization: {type: incremental, strategy: merge, unique_key: a, lookback: 2}",
        "models/silver/m.sql:2:80: 'lookback' has a use with 'strategy: microbatch', 'time_interval' only")]
    [InlineData(
        "materialization: {type: incremental, strategy: delete_insert}",
        "models/silver/m.sql:2:48: unknown strategy 'delete_insert'\n  did you mean 'delete+insert'?")]
    [InlineData(
        "materialization: {type: incremental, strategy: insert_overwrite}",
        "models/silver/m.sql:2:48: 'strategy: insert_overwrite' needs 'partition_by'\n  it replaces the partitions that its rows are in; 'truncate+insert' replaces all rows")]
    [InlineData(
        "materialization: {type: incremental, unique_key: a, on_schema_change: synch}",
        "models/silver/m.sql:2:71: unknown on_schema_change 'synch'\n  did you mean 'sync'?")]
    [InlineData(
        "materialization: {type: incremental, unique_key: a, incremental_predicates: [source.d > 1]}",
        "models/silver/m.sql:2:78: 'incremental_predicates' cannot name 'source'\n  it says which rows of the table can be replaced, over the table's columns only")]
    [InlineData(
        "materialization: {type: incremental, strategy: scd2_by_column, unique_key: a, valid_to: valid_from}",
        "models/silver/m.sql:2:18: 'valid_from', 'valid_to', 'is_current', 'is_deleted', 'version_id' and 'version_at' are to have different names")]
    [InlineData(
        "materialization: {type: incremental, strategy: scd2_by_time, unique_key: a, updated_at: b, is_deleted: c}",
        "models/silver/m.sql:2:104: 'is_deleted' has a use with 'hard_deletes: new_record' only")]
    [InlineData(
        "materialization: {type: incremental, unique_key: a, merge_update_columns: b, merge_exclude_columns: c}",
        "models/silver/m.sql:2:101: 'merge_exclude_columns' stands beside 'merge_update_columns'\n  state those that change, or those that do not")]
    [InlineData(
        "materialization: {type: incremental, unique_key: a, sequence_by: b, merge_exclude_columns: [B]}",
        "models/silver/m.sql:2:92: 'merge_exclude_columns' has 'b', by which newer rows are found\n  take it out of them")]
    [InlineData(
        "materialization: {type: incremental, strategy: delete+insert, unique_key: a, merge_exclude_columns: b}",
        "models/silver/m.sql:2:101: 'merge_exclude_columns' has a use with 'strategy: merge' only")]
    [InlineData(
        "materialization: {type: incremental, strategy: append, unique_key: a}",
        "models/silver/m.sql:2:68: 'unique_key' has a use with 'strategy: merge', 'delete+insert', 'scd2_by_time', 'scd2_by_column', 'cdc' only")]
    [InlineData(
        "materialization: {type: view, strategy: append}",
        "models/silver/m.sql:2:41: 'strategy' has a use with 'type: incremental' only")]
    [InlineData(
        "materialization: {type: table, unique_key: a}",
        "models/silver/m.sql:2:44: 'unique_key' has a use with 'type: incremental' only")]
    [InlineData(
        "materialization: {type: table, on_schema_change: sync}",
        "models/silver/m.sql:2:50: 'on_schema_change' has a use with 'type: incremental' only")]
    [InlineData(
        "materialization: {type: table, partition_by: b, cluster_by: [a]}",
        "models/silver/m.sql:2:61: 'cluster_by' has a use with a table without 'partition_by' only")]
    [InlineData(
        "materialization: {type: view, partition_by: [a]}",
        "models/silver/m.sql:2:45: 'partition_by' has a use with a table only")]
    [InlineData(
        "materialization: [view]", "models/silver/m.sql:2:18: 'materialization' must be a single value, not a list")]
    [InlineData("type: python", "models/silver/m.sql:2:7: 'type: python' stands in a .py file\n  known: sql")]
    [InlineData("dialect: spark", "models/silver/m.sql:2:10: 'dialect: spark' is not supported yet\n  known: duckdb")]
    [InlineData("enabled: yes", "models/silver/m.sql:2:10: 'enabled' must be true or false, not 'yes'")]
    [InlineData(
        "name: orders.",
        "models/silver/m.sql:2:7: 'orders.' is not the name of a table\n  write schema.table, such as silver.orders")]
    [InlineData(
        "name: foz.runs",
        "models/silver/m.sql:2:7: the schema 'foz' is reserved\n  use another, such as bronze, silver or gold")]
    [InlineData(
        "depends: orders",
        "models/silver/m.sql:2:10: 'orders' is not the name of a table\n  write schema.table, such as silver.orders")]
    [InlineData(
        "depends: [silver.nothing]",
        "models/silver/m.sql:2:11: unknown table 'silver.nothing'\n  no model and no stream of a source is called so; foz ls shows what there is")]
    [InlineData("tags: {a: b}", "models/silver/m.sql:2:7: 'tags' must be a list, not a mapping")]
    [InlineData("tags: [[a]]", "models/silver/m.sql:2:8: an item of 'tags' must be a single value, not a list")]
    [InlineData("columns: a", "models/silver/m.sql:2:10: 'columns' must be a list or a mapping, not 'a'")]
    [InlineData(
        "just words",
        "models/silver/m.sql:2:1: front matter must be a mapping, not 'just words'\n  write 'key: value' lines")]
    [InlineData("owner: a\n\ttags: b", "models/silver/m.sql:3:1: a tab in the indentation\n  indent YAML with spaces")]
    public void Mistakes_in_front_matter_are_told_with_the_line_of_the_sql_file(string yaml, string expected)
    {
        folder["models/silver/m.sql"] = $"/* @foz\n{yaml}\n@foz */\nselect 1 as a";
        Assert.Equal([expected], folder.Errors());
    }

    [Theory]
    [InlineData(
        "select * from silver.order",
        "models/gold/m.sql:1:15: unknown table 'silver.order'\n  did you mean 'silver.orders'?")]
    [InlineData(
        "select * from silvr.orders",
        "models/gold/m.sql:1:15: unknown table 'silvr.orders'\n  did you mean 'silver.orders'?")]
    [InlineData(
        "select *\nfrom silver.orders as o\n  join bronze.customers as c using (id)",
        "models/gold/m.sql:3:8: unknown table 'bronze.customers'\n  did you mean 'silver.customers'?")]
    [InlineData("select * from orders", "models/gold/m.sql:1:15: 'orders' has no schema\n  write silver.orders")]
    [InlineData(
        "select * from ordres",
        "models/gold/m.sql:1:15: 'ordres' has no schema\n  write schema.table; did you mean 'silver.orders'?")]
    [InlineData(
        "select * from memory.silver.orders",
        "models/gold/m.sql:1:15: unknown catalog 'memory'\n  the lake's is 'lake': write schema.table")]
    [InlineData(
        "select * from gold.m",
        "models/gold/m.sql:1:15: 'gold.m' reads its own table, and each run rebuilds it\n  an incremental model can read what it was before: materialization: incremental")]
    [InlineData(
        "select * from stream(silver.orders)",
        "models/gold/m.sql:1:15: STREAM() reads what is new since the last run, and each run rebuilds this table\n  only a model with 'materialization: incremental' can use it")]
    [InlineData(
        "/* @foz\nmaterialization: {type: snapshot, strategy: check, unique_key: id, hard_deletes: invalidate}\n@foz */ select * from stream(silver.orders)", "models/gold/m.sql:3:23: 'hard_deletes: invalidate' ends what is not among the rows, and STREAM() gives only new ones\n  read all rows: FROM silver.orders")]
    [InlineData(
        "with orders as (select 1 as id) select * from orders, silver.customers as orders2, 'x.csv'",
        "models/gold/m.sql:1:84: 'x.csv' is a file and no table\n  read it by a source with a connection of type files, or by a function such as read_csv('…')")]
    [InlineData(
        "select * from stream()",
        "models/gold/m.sql:1:15: STREAM() takes the name of one table\n  write STREAM(bronze.orders)")]
    [InlineData(
        "-- all\nselect 1 as a,\nfrom from silver.orders", "models/gold/m.sql:3:6: syntax error at or near \"from\"")]
    [InlineData(
        "select 'ção 🦆', x frm silver.orders o p", "models/gold/m.sql:1:24: syntax error at or near \"silver\"")]
    [InlineData(
        "insert into silver.orders values (1)", "models/gold/m.sql:1:1: only a SELECT can stand here, not INSERT")]
    [InlineData("select 1 as a; select 2 as a", "models/gold/m.sql:1:16: only one statement can stand here")]
    [InlineData(
        "select * from {{ ref('orders') }}",
        "models/gold/m.sql:1:15: syntax error at or near \"{\"\n  templates are not read: name tables as they are, such as silver.orders")]
    [InlineData(
        "/* @foz\nchecks: [{custom: {name: x, query: select from}}]\n@foz */ select 1 as a",
        "models/gold/m.sql:2:36: syntax error at end of input")]
    [InlineData(
        "/* @foz\nchecks:\n  - name: x\n    query: |\n      select 1\n      from nowhere.x\n@foz */ select 1 as a",
        "models/gold/m.sql:6: unknown table 'nowhere.x'\n  no model and no stream of a source is called so; foz ls shows what there is")]
    [InlineData(
        "select * from silver.off",
        "models/gold/m.sql:1:15: the model 'silver.off' is switched off\n  its front matter says 'enabled: false'")]
    [InlineData("", "models/gold/m.sql: the file holds no SELECT\n  write one below the front matter")]
    [InlineData(
        "/* @foz\nowner: a\n*/ select 1",
        "models/gold/m.sql: the file holds no SELECT\n  write one below the front matter|models/gold/m.sql:1:1: the front matter is never closed\n  end it with a line: @foz */")]
    [InlineData(
        "/* @bruin\nname: a\n@bruin */ select 1 as a",
        "models/gold/m.sql:1:1: the front matter of '/* @bruin' is not read\n  front matter stands between /* @foz and @foz */")]
    public void Wrong_names_in_sql_are_told_with_the_nearest_right_one(string sql, string expected)
    {
        folder["models/silver/orders.sql"] = "select 1 as id";
        folder["models/silver/customers.sql"] = "select 1 as id";
        folder["models/silver/off.sql"] = "/* @foz\nenabled: false\n@foz */ select 1 as id";
        folder["models/gold/m.sql"] = sql;
        Assert.Equal(expected.Split('|'), folder.Errors());
    }

    [Theory]
    [InlineData(
        "models/m.sql",
        "models/m.sql: the model is in no schema\n  move it to a folder such as models/silver/, or state 'name: schema.table' in its front matter")]
    [InlineData(
        "models/silver/my-model.sql",
        "models/silver/my-model.sql: 'my-model' is not a name for a table\n  letters, digits and _, no digit first, at most 128 characters")]
    [InlineData(
        "models/foz/m.sql",
        "models/foz/m.sql: the schema 'foz' is reserved\n  use another, such as bronze, silver or gold")]
    [InlineData(
        "models/schema.yml",
        "models/schema.yml: YAML beside models is read where it has a 'command'\n  what is said of a model stands in its own file, between /* @foz and @foz */")]
    [InlineData("sources/a.sql", "sources/a.sql: SQL beside sources is not read\n  move it to models/")]
    public void Files_that_do_not_belong_where_they_are_are_told(string file, string expected)
    {
        folder[file] = "select 1 as a";
        Assert.Equal([expected], folder.Errors());
    }

    [Fact]
    public void A_name_that_is_there_twice_is_told_with_both_places()
    {
        folder["models/silver/a.sql"] = "select 1 as a";
        folder["models/silver/b/A.sql"] = "select 1 as a";
        Assert.Equal(
            [
                "models/silver/b/A.sql:1:1: the table 'silver.a' is there twice\n  first at models/silver/a.sql:1:1; "
                    + "names are the same whatever the case",
            ],
            folder.Errors());
    }

    [Fact]
    public void A_cycle_is_told_with_the_whole_way()
    {
        folder["models/silver/a.sql"] = "select * from\n  silver.c";
        folder["models/silver/b.sql"] = "select * from silver.a";
        folder["models/silver/c.sql"] = "select * from silver.b";
        folder["models/silver/d.sql"] = "select * from silver.c";
        Assert.Equal(
            [
                """
                models/silver/a.sql:2:3: a cycle: silver.a → silver.c → silver.b → silver.a
                  take one of them out:
                  models/silver/a.sql:2:3: silver.a needs silver.c
                  models/silver/c.sql:1:15: silver.c needs silver.b
                  models/silver/b.sql:1:15: silver.b needs silver.a
                """,
            ],
            folder.Errors());
    }

    [Fact]
    public void A_cycle_through_a_check_names_the_way_out()
    {
        folder["models/silver/a.sql"] =
            "/* @foz\ncolumns: {id: {checks: [{relationships: {to: silver.b, field: id}}]}}\n@foz */ select 1 as id";
        folder["models/silver/b.sql"] = "select * from silver.a";
        Assert.Equal(
            """
            models/silver/a.sql:2:46: a cycle: silver.a → silver.b → silver.a
              take one of them out; a check may stand in tests/ instead, which runs when both tables are there:
              models/silver/a.sql:2:46: silver.a needs silver.b
              models/silver/b.sql:1:15: silver.b needs silver.a
            """,
            Assert.Single(folder.Errors()));
    }

    [Fact]
    public void All_errors_of_all_files_are_told_together()
    {
        folder["foz.yml"] = ProjectFolder.FozYml + "memmory: 1GB\n";
        folder["sources/s.yml"] = "connection: shop\nstreams: {a: {mod: x}, b: {cursor: c}}\n";
        folder["models/silver/x.sql"] = "/* @foz\nownr: me\ntgs: []\n@foz */\nselect * from bronze.c";
        var errors = folder.Errors();
        Assert.Equal(
            [
                "foz.yml:5:1", "models/silver/x.sql:2:1", "models/silver/x.sql:3:1", "models/silver/x.sql:5:15",
                "sources/s.yml:2:15", "sources/s.yml:2:36",
            ],
            errors.Select(e => e[..e.IndexOf(": ", StringComparison.Ordinal)]));

        var thrown = Assert.Throws<FozException>(() => folder.Load());
        Assert.StartsWith("6 errors\n", thrown.Message, StringComparison.Ordinal);
        Assert.All(errors, e => Assert.Contains(e, thrown.Message, StringComparison.Ordinal));
        Assert.Equal(2, thrown.Kind.ExitCode);
    }

    [Fact]
    public void A_folder_without_foz_yml_is_no_project()
    {
        File.Delete(Path.Combine(folder.Path, "foz.yml"));
        Assert.Equal(
            $"{folder.Path} is no project: it has no foz.yml\n  make one with foz init, or "
                + "name its folder with --project",
            Assert.Single(folder.Errors()));
    }

    [Fact]
    public void A_target_that_does_not_exist_is_told()
    {
        folder["foz.yml"] = ProjectFolder.FozYml + "environments: {dev: , prod: }\n";
        Assert.Equal(
            "unknown environment 'prd'\n  did you mean 'prod'?",
            Assert.Single(folder.Errors(o => o with { Target = "prd" })));
    }

    [Fact]
    public void A_file_that_is_not_utf8_is_told()
    {
        Directory.CreateDirectory(Path.Combine(folder.Path, "models/silver"));
        File.WriteAllBytes(Path.Combine(folder.Path, "models/silver/a.sql"), [0x73, 0xE9, 0x6C]);
        Assert.Equal("models/silver/a.sql: the file is not UTF-8\n  save it as UTF-8", Assert.Single(folder.Errors()));
    }
}
