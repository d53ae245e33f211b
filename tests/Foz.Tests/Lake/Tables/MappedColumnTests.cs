using System.Globalization;
using Foz.Delta.Schema;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;

namespace Foz.Tests.Lake.Tables;

/// <summary>Tables that map their columns, by name and by id, written and altered.</summary>
public sealed class MappedColumnTests : IDisposable
{
    readonly RulesTable table = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Theory]
    [InlineData("name")]
    [InlineData("id")]
    public async Task Files_hold_the_columns_under_their_physical_names_and_ids(string mode)
    {
        await CreateAsync(
            mode, new("id", DeltaType.Long), new("nested", new ArrayType(new ArrayType(DeltaType.Integer, true), true)),
            new("map", new MapType(DeltaType.String, new StructType(new StructField("a", DeltaType.Date)), true)),
            new("plain", new MapType(DeltaType.String, DeltaType.String, true)),
            new("s",
                new StructType(
                    new StructField("x", DeltaType.Integer),
                    new StructField("list", new ArrayType(DeltaType.Long, true)))));
        await table.AppendAsync("""
            SELECT i AS id, [[i::INTEGER, NULL], []] AS nested, MAP {'k' || i: {'a': DATE '2024-01-01'}} AS map, MAP {'p': 'q'} AS plain,
                {'x': i::INTEGER, 'list': [i, i + 1]} AS s
            FROM range(3) r(i)
            """);

        var schema = (await table.LatestAsync()).Schema.Columns;
        var expected = FieldsOf(schema).Select(f => $"{f.PhysicalName(ColumnMappingMode.Name)} {f.ColumnId}")
            .Order(StringComparer.Ordinal);
        using var fields = table.Session.Query(
            $"SELECT name || ' ' || field_id FROM "
                + $"parquet_schema('{table.Table.Root}/*.parquet') WHERE field_id IS NOT NULL", Cancel);
        Assert.Equal(expected, fields.Rows(Cancel).Select(row => (string)row[0]!).Order(StringComparer.Ordinal));
        fields.Dispose();
        Assert.Equal(
            [
                "0|[[0, NULL], []]|{k0={'a': 2024-01-01}}|{p=q}|{'x': 0, 'list': [0, 1]}",
                "1|[[1, NULL], []]|{k1={'a': 2024-01-01}}|{p=q}|{'x': 1, 'list': [1, 2]}",
                "2|[[2, NULL], []]|{k2={'a': 2024-01-01}}|{p=q}|{'x': 2, 'list': [2, 3]}",
            ],
            await table.RowsAsync());
    }

    [Theory]
    [InlineData("name", true)]
    [InlineData("id", true)]
    [InlineData("name", false)]
    [InlineData("id", false)]
    public async Task Any_order_of_changes_and_alterations_has_the_rows_of_a_model(string mode, bool hasVectors)
    {
        var seed = Environment.GetEnvironmentVariable("FOZ_SEED") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next(1 << 30);
        TestContext.Current.SendDiagnosticMessage($"seed {seed} (FOZ_SEED)");
        var random = new Random(seed);
        await CreateAsync(
            mode, new("id", DeltaType.Long), new("c0", DeltaType.String),
            new("s",
                new StructType(new StructField("f0", DeltaType.Integer), new StructField("f1", DeltaType.String))));
        if (!hasVectors) await table.SetPropertyAsync("delta.enableDeletionVectors", "false");
        table.Session.Execute(
            "CREATE TEMP TABLE model (id BIGINT, c0 VARCHAR, s STRUCT(f0 INTEGER, f1 VARCHAR))", Cancel);
        var columns = new Names(random, "c", ("c0", "VARCHAR"));
        var fields = new Names(random, "f", ("f0", "INTEGER"), ("f1", "VARCHAR"));
        for (var step = 0; step < 40; step++)
        {
            var what = "";
            try
            {
                what = await StepAsync(random, columns, fields, step);
                await AssertModelAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"FOZ_SEED={seed}, step {step}, {what}: {e.Message}", e);
            }
        }
    }

    async Task<string> StepAsync(Random random, Names columns, Names fields, int step)
    {
        switch (random.Next(9))
        {
            case 0:
                var (type, native) = random.Next(3) switch
                {
                    0 => ("int", "INTEGER"),
                    1 => ("array<array<bigint>>", "BIGINT[][]"),
                    _ => ("struct<a:string,b:map<string,int>>", "STRUCT(a VARCHAR, b MAP(VARCHAR, INTEGER))"),
                };
                var added = columns.Add(native);
                return await AlterAsync(
                    new TableAlteration.AddColumns(new NewColumn(added, type)), $"ADD COLUMN {added} {native}");
            case 1:
                var field = fields.Add("BIGINT");
                return await AlterAsync(
                    new TableAlteration.AddColumns(new NewColumn($"s.{field}", "bigint")),
                    $"ADD COLUMN s.{field} BIGINT");
            case 2 when columns.Count > 0:
                var (column, other) = columns.Rename();
                return await AlterAsync(
                    new TableAlteration.RenameColumn(column, other), $"RENAME COLUMN {column} TO {other}");
            case 3:
                var (old, renamed) = fields.Rename();
                return await AlterAsync(
                    new TableAlteration.RenameColumn($"s.{old}", renamed), $"RENAME COLUMN s.{old} TO {renamed}");
            case 4 when columns.Count > 0:
                var gone = columns.Drop();
                return await AlterAsync(new TableAlteration.DropColumns([gone]), $"DROP COLUMN {gone}");
            case 5 when fields.Count > 1:
                var lost = fields.Drop();
                return await AlterAsync(new TableAlteration.DropColumns([$"s.{lost}"]), $"DROP COLUMN s.{lost}");
            case 6:
                var condition = $"id % {random.Next(2, 9)} = 1";
                table.Session.Execute($"DELETE FROM model WHERE {condition}", Cancel);
                await table.DeleteAsync(condition);
                return condition;
            case 7:
                table.Session.Execute("UPDATE model SET id = id + 1000 WHERE id % 3 = 0", Cancel);
                await table.UpdateAsync("id", "id + 1000", "id % 3 = 0");
                return "update";
            default:
                var s = string.Join(", ", fields.Values().Select(field => $"'{field.Name}': {field.Value}"));
                var values = columns.Values().Select(value => $"{value.Value} AS {value.Name}")
                    .Append($"{{{s}}} AS s").Append($"i + {step * 100} AS id");
                var select = $"SELECT {string.Join(", ", values)} FROM range({random.Next(1, 20)}) r(i)";
                table.Session.Execute($"INSERT INTO model BY NAME {select}", Cancel);
                await table.AppendAsync(select);
                return select;
        }
    }

    async Task<string> AlterAsync(TableAlteration alteration, string native)
    {
        table.Session.Execute($"ALTER TABLE model {native}", Cancel);
        Assert.NotNull(await table.AlterAsync(alteration));
        return native;
    }

    async Task AssertModelAsync()
    {
        using var rows = await (await table.Reopen().LatestAsync(Cancel)).OpenAsync(table.Session, Cancel);
        var ours = table.Session.Describe($"SELECT * FROM {rows.Sql}", Cancel).Select(c => (c.Name, $"{c.Type}"))
            .ToList();
        Assert.Equal(
            table.Session.Describe("FROM model", Cancel).Select(c => (c.Name, $"{c.Type}")).Order(), ours.Order());
        var columns = string.Join(", ", ours.Select(c => SqlText.Identifier(c.Name)));
        foreach (var (left, right, word) in new[] { ("model", rows.Sql, "missing"), (rows.Sql, "model", "unexpected") })
        {
            using var result = table.Session.Query(
                $"SELECT {columns} FROM {left} EXCEPT ALL SELECT {columns} FROM {right} LIMIT 3", Cancel);
            var difference = result.Rows(Cancel).Select(row => string.Join(" | ", row)).ToList();
            Assert.True(difference.Count == 0, $"{word} rows\n{string.Join('\n', difference)}");
        }
    }

    Task CreateAsync(string mode, params StructField[] columns) =>
        table.CreateAsync(columns, [("delta.columnMapping.mode", mode)]);

    static IEnumerable<StructField> FieldsOf(DeltaType type) => type switch
    {
        StructType parent => parent.Fields.SelectMany(field => FieldsOf(field.Type).Prepend(field)),
        ArrayType array => FieldsOf(array.Element),
        MapType map => FieldsOf(map.Key).Concat(FieldsOf(map.Value)),
        _ => [],
    };

    /// <summary>
    /// The names that columns have now, with their types; those of dropped and renamed ones are taken again.
    /// </summary>
    sealed class Names(Random random, string prefix, params IEnumerable<(string Name, string Type)> first)
    {
        readonly Dictionary<string, string> taken = first.ToDictionary(column => column.Name, column => column.Type);
        readonly List<string> free = [];
        int count = 10;

        public int Count => taken.Count;

        public string Add(string type)
        {
            var name = free.Count > 0 && random.Next(2) == 0 ? free[random.Next(free.Count)] : $"{prefix}{count++}";
            free.Remove(name);
            taken.Add(name, type);
            return name;
        }

        public (string Old, string New) Rename()
        {
            var old = taken.Keys.ElementAt(random.Next(taken.Count));
            var renamed = Add(taken[old]);
            taken.Remove(old);
            free.Add(old);
            return (old, renamed);
        }

        public string Drop()
        {
            var name = taken.Keys.ElementAt(random.Next(taken.Count));
            taken.Remove(name);
            free.Add(name);
            return name;
        }

        /// <summary>Each name with a value of its type.</summary>
        public IEnumerable<(string Name, string Value)> Values() =>
            taken.Select(column => (column.Key, column.Value switch
            {
                _ when random.Next(8) == 0 => $"CAST(NULL AS {column.Value})",
                "VARCHAR" => "'x' || i",
                "BIGINT[][]" => "[[i, NULL], []]",
                "INTEGER" or "BIGINT" => $"i::{column.Value}",
                _ => "{'a': 'y' || i, 'b': MAP {'k': i::INTEGER}}",
            }));
    }
}
