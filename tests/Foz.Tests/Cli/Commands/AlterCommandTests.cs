namespace Foz.Tests.Cli.Commands;

/// <summary>Every form of <c>foz alter</c>, and what bad input gets.</summary>
public sealed class AlterCommandTests : IDisposable
{
    // Commands that run one after the other, from version 0 on; the text after → is the result of the query after it.
    static readonly (string Arguments, string? Rows)[] forms =
    [
        ("set delta.columnMapping.mode=name delta.enableTypeWidening=true team=sales", null),
        ("add-column note string --comment 'what the clerk wrote' --after id", "id,note,amount,s,list"),
        ("add-column s.c 'array<decimal(10,2)>' --first", """{"c":null,"a":1,"b":"x"}"""),
        ("add-column zip 'varchar(8)'", "id,note,amount,s,list,zip"),
        ("rename-column note remark", "id,remark,amount,s,list,zip"),
        ("rename-column s.a first", """{"c":null,"first":1,"b":"x"}"""),
        ("move-column remark --first", "remark,id,amount,s,list,zip"),
        ("move-column remark --after amount", "id,amount,remark,s,list,zip"),
        ("move-column remark", "id,amount,s,list,zip,remark"),
        ("set-type id bigint", null),
        ("set-not-null id", null),
        ("drop-not-null id", null),
        ("set-default remark \"'none'\"", null),
        ("drop-default remark", null),
        ("comment 'all orders'", null),
        ("comment '' --column remark", null),
        ("comment 'in cents' --column amount", null),
        ("tag domain=sales owner=ana", null),
        ("tag pii=name --column s.b", null),
        ("tag owner=", null),
        ("add-constraint positive 'amount > 0'", null),
        ("drop-constraint positive", null),
        ("cluster-by id amount", null),
        ("cluster-by", null),
        ("add-feature vacuumProtocolCheck", null),
        ("drop-feature vacuumProtocolCheck", null),
        ("unset team", null),
        ("drop-column remark s.b", "id,amount,s,list,zip"),
    ];

    static readonly (string Arguments, string Error)[] same =
    [
        ("unset team --if-exists", "is so already"), ("drop-column nothing --if-exists", "is so already"),
        ("drop-constraint nothing --if-exists", "is so already"), ("drop-default id", "is so already"),
        ("set delta.enableTypeWidening=true", "is so already"),
    ];

    static readonly (string Arguments, int ExitCode, string Error)[] refused =
    [
        ("", 2, "Required"),
        ("paint red", 2, "has no command 'paint'"),
        ("add-column", 2, "Required argument 'column' missing"),
        ("add-column id bigint", 1, "has a column id already"),
        ("add-column x nothing", 1, "nothing"),
        ("add-column x 'array<int'", 1, "array<int"),
        ("add-column nowhere.x int", 1, "no column nowhere"),
        ("add-column x int --after nothing", 1, "nothing"),
        ("add-column x int --first --after id", 2, "--first and --after cannot both be given"),
        ("rename-column idd x", 1, "did you mean id?"),
        ("rename-column id amount", 1, "has a column amount already"),
        ("rename-column '`id' x", 2, "not closed"),
        ("drop-column nothing", 1, "has no column nothing"),
        ("drop-column s.c s.first", 1, "it is the only column at that level"),
        ("move-column nothing", 1, "has no column nothing"),
        ("set-type amount int", 1, "amount"),
        ("set-type id 'decimal(3,1)'", 1, "id"),
        ("set-not-null zip", 1, "has a row that breaks NOT NULL of column zip"),
        ("set-not-null list.element", 1, "has no column list.element"),
        ("set-default id id", 1, "id"),
        ("set-default s.first 1", 1, "only whole columns have defaults"),
        ("set-default id 'no_such(1)'", 1, "no_such"),
        ("comment x --column nothing", 1, "has no column nothing"),
        ("tag domain", 2, "write name=value"),
        ("tag a=1 a=2", 2, "a is given twice"),
        ("set delta.appendOnly", 2, "write name=value"),
        ("set =true", 2, "write name=value"),
        ("set delta.appendOnly=maybe", 2, "is true or false, not 'maybe'"),
        ("set delta.appendOnlyy=true", 2, "did you mean delta.appendOnly?"),
        ("set x=1 x=2", 2, "x is given twice"),
        ("set delta.columnMapping.maxColumnId=3", 2, "the protocol's own"),
        ("set delta.columnMapping.mode=none", 1, "cannot stop mapping its columns"),
        ("set delta.columnMapping.mode=id", 1, "by id"),
        ("set delta.constraints.x=1", 2, "add-constraint and drop-constraint"),
        ("set delta.universalFormat.enabledFormats=hudi", 2, "is iceberg, or '' for none, not 'hudi'"),
        ("set delta.enableIcebergCompatV1=true", 2, "delta.enableIcebergCompatV2"),
        ("set delta.enableIcebergCompatV2=true", 1, "set these too, in one command: delta.enableDeletionVectors=false"),
        ("set delta.compatibility.symlinkFormatManifest.enabled=true", 1, "delta.enableDeletionVectors=false"),
        ("unset nothing", 1, "the property nothing"),
        ("add-constraint 'a b' 'id > 0'", 2, "cannot name a constraint"),
        ("add-constraint c 'id >'", 1, "id >"),
        ("add-constraint c 'id + 1'", 1, "is no condition"),
        ("add-constraint c 'nothing > 1'", 1, "nothing"),
        ("add-constraint c 'id > 100'", 1, "has a row that breaks the constraint c"),
        ("add-constraint c 'rand() > 0'", 1, "gives another value each time"),
        ("drop-constraint nothing", 1, "has no constraint nothing"),
        ("cluster-by nothing", 1, "has no column nothing"),
        ("cluster-by list", 1, "files keep no bounds of it"),
        ("cluster-by id amount zip s.first s.c", 2, "by 4 columns at most"),
        ("add-feature nothing", 2, "there is no table feature nothing"),
        ("drop-feature nothing", 1, "has no feature nothing"),
        ("drop-feature columnMapping", 1, "create the table again"),
        ("drop-feature appendOnly", 1, "cannot be dropped"),
        ("sync-identity id", 1, "is no identity column"),
    ];

    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task Every_form_makes_one_version()
    {
        await RunProjectAsync();
        var version = 0;
        foreach (var (arguments, expected) in forms)
        {
            var output = await AlterAsync(arguments);
            Assert.True(output.ExitCode == 0, $"{arguments}: {output.Error}");
            Assert.Contains($"this is version {++version}", output.Out, StringComparison.Ordinal);
            if (expected is null) continue;
            var rows = await foz.RunAsync(
                "query", expected[0] == '{' ? "select s from silver.t" : "select * from silver.t", "-o", "csv");
            Assert.Equal((arguments, expected), (arguments, expected[0] == '{'
                ? rows.Out.Split('\n')[1].Trim('"').Replace("\"\"", "\"", default)
                : rows.Out.Split('\n')[0]));
        }
        foreach (var (arguments, told) in same)
        {
            var output = await AlterAsync(arguments);
            Assert.True(output.ExitCode == 0, $"{arguments}: {output.Error}");
            Assert.Contains(told, output.Out, StringComparison.Ordinal);
        }
        var json = await foz.RunAsync("alter", "silver.t", "comment", "by hand", "-o", "json");
        Assert.Equal(
            """[{"table":"silver.t","change":"comment","version":29,"is_changed":true}]""",
            json.Out.Replace("\n", "", default).Replace(" ", "", default).Replace("byhand", "by hand", default));
    }

    [Fact]
    public async Task Bad_input_is_refused_with_a_reason_and_changes_nothing()
    {
        await RunProjectAsync();
        foreach (var arguments in new[]
        {
            forms[0].Arguments, "set delta.enableDeletionVectors=true", "add-column zip 'varchar(8)'",
            "rename-column s.a first", "drop-column s.b", "add-column s.c int",
        })
            Assert.Equal(0, (await AlterAsync(arguments)).ExitCode);

        var wrong = new List<string>();
        foreach (var (arguments, exitCode, error) in refused)
        {
            var output = await AlterAsync(arguments);
            if (output.ExitCode != exitCode || !output.Error.Contains(error, StringComparison.Ordinal))
                wrong.Add($"{arguments}: {output.ExitCode} {output.Error}{output.Out}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(1, (await foz.RunAsync("alter", "silver.nothing", "comment", "x")).ExitCode);
        Assert.Contains("this is version 7", (await AlterAsync("comment last")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_alteration_has_a_form_and_bad_input_here()
    {
        var help = (await foz.RunAsync("alter", "--help")).Out;
        var names = help[help.IndexOf("Commands:", StringComparison.Ordinal)..].Split('\n').Skip(1)
            .TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal))
            .Where(line => line[2] != ' ').Select(line => line.Trim().Split(' ')[0]).Order().ToList();
        Assert.Contains("add-column", names);

        Assert.Equal(names.Except(["sync-identity"]), forms.Select(f => f.Arguments.Split(' ')[0]).Distinct().Order());
        Assert.Empty(
            names.Except(["drop-not-null", "drop-default"]).Except(refused.Select(f => f.Arguments.Split(' ')[0])));
    }

    async Task RunProjectAsync()
    {
        foz.Write("foz.yml", "name: shop\nlake: lake\n");
        foz.Write(
            "models/silver/t.sql",
            "select 1 as id, 19.90::decimal(12, 2) as amount, {'a': 1, 'b': 'x'} as s, [1, 2] as list");
        var run = await foz.RunAsync("run");
        Assert.True(run.ExitCode == 0, run.Error + run.Out);
    }

    Task<CommandOutput> AlterAsync(string arguments) => foz.RunAsync(["alter", "silver.t", .. Words(arguments)]);

    // As a shell parts them.
    static List<string> Words(string line)
    {
        var words = new List<string>();
        for (var at = 0; at < line.Length; at++)
        {
            if (line[at] == ' ') continue;
            var quote = line[at] is '\'' or '"' ? line[at] : ' ';
            var end = line.IndexOf(quote, at + 1);
            if (end < 0) end = line.Length;
            words.Add(quote == ' ' ? line[at..end] : line[(at + 1)..end]);
            at = end;
        }
        return words;
    }
}
