using Foz.Pipelines.Projects;

namespace Foz.Tests.Connectors.Programs;

/// <summary>Sources in Python.</summary>
public sealed class PythonSourceTests : IDisposable
{
    readonly SourceProject project = new(
        "named: {type: python, file: sources/lib/shop.py, config: {rows: 2, api_key: '${KEY}'}}")
    {
        Variables = { ["KEY"] = "s3cr3t" },
    };

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task A_stream_goes_on_from_its_state_and_a_snapshot_is_replaced()
    {
        project.Write("sources/shop.py", """"
            """@foz
            schema: shop
            silver: current
            streams:
              orders: {mode: incremental, keys: [id], columns: {price: "decimal(9,2)", moment: timestamp}}
              plans: {}
            @foz"""
            import datetime, decimal
            import foz
            from helper import double

            def orders(state):
                last = state["last"] if state else 0
                print("from", last)
                for id in range(last + 1, last + 3):
                    yield {"id": id, "price": decimal.Decimal("1.10") * id, "moment": datetime.datetime(2026, 1, id), "tags": ["ç"], "twice": double(id)}
                foz.set_state({"last": last + 2})

            def plans():
                return [{"code": "a"}, {"code": "b"}]

            def _no_stream():
                pass
            """").Write("sources/helper.py", "def double(n):\n    return 2 * n\n");
        await project.RunWellAsync();
        await project.RunWellAsync();
        Assert.Equal(
            ["1|1.10|2026-01-01|2", "2|2.20|2026-01-02|4", "3|3.30|2026-01-03|6", "4|4.40|2026-01-04|8"],
            await project.RowsAsync("SELECT id, price::VARCHAR, moment::DATE::VARCHAR, twice FROM silver.orders"));
        Assert.Equal(["a", "b"], await project.RowsAsync("SELECT code FROM shop.plans"));
        Assert.Contains(
            "from 2",
            await File.ReadAllTextAsync(
                Path.Combine(project.Folder, "logs/shop.orders.log"), TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
        await project.RunWellAsync(isFullRefresh: true);
        Assert.Equal(["1", "2"], await project.RowsAsync("SELECT id FROM shop.orders"));
    }

    [Fact]
    public async Task The_Python_of_the_project_runs_its_sources_unless_a_connection_states_another()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "needs a shell");
        foreach (var name in new[] { "project", "other" })
        {
            project.Write($"tools/{name}", $"#!/bin/sh\nWHICH={name} exec python3 \"$@\"\n");
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(
                    Path.Combine(project.Folder, "tools", name), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
        project.Write("foz.yml", """
            name: t
            lake: lake
            python: tools/project
            connections:
              named: {type: python, file: sources/lib/which.py}
              other: {type: python, file: sources/lib/which.py, python: tools/other}
            """)
            .Write("sources/lib/which.py", "import os\ndef a():\n    yield {'which': os.environ['WHICH']}\nb = c = a\n")
            .Write("sources/own.py",
                "\"\"\"@foz\nstreams: {a: {}}\n@foz\"\"\"\nimport os\ndef a():\n    yield "
                    + "{'which': os.environ['WHICH']}\n")
            .Write("sources/n.yml", "connection: named\nstreams: {b: {stream: a}}\n")
            .Write("sources/o.yml", "connection: other\nstreams: {c: {stream: a}}\n");
        await project.RunWellAsync();
        Assert.Equal(
            ["other", "project", "project"],
            await project.RowsAsync(
                "SELECT which FROM bronze.a UNION ALL SELECT which FROM bronze.b UNION "
                    + "ALL SELECT which FROM bronze.c"));
    }

    [Fact]
    public async Task A_named_connection_gives_a_file_its_configuration()
    {
        project.Write("sources/lib/shop.py", """
            import foz

            @foz.stream(name="orders", keys="id", mode="incremental")
            def any_name(state):
                assert foz.config["api_key"] == "s3cr3t"
                state = (state or 0) + 1
                yield [{"id": n, "n": state} for n in range(foz.config["rows"])]
                foz.set_state(state)

            def helper():
                pass
            """).Write("sources/s.yml", "connection: named\nstreams: all\n");
        await project.RunWellAsync();
        await project.RunWellAsync();
        Assert.Equal(["0|1", "0|2", "1|1", "1|2"], await project.RowsAsync("SELECT id, n FROM bronze.orders"));
    }

    [Fact]
    public async Task What_is_in_the_table_is_confirmed_by_its_state()
    {
        project.Write("sources/shop.py", """"
            """@foz
            schema: shop
            streams: all
            @foz"""
            import os
            import foz

            def acknowledge(state):
                with open("acknowledged", "a") as file:
                    file.write(f"{state}\n")

            @foz.stream(keys="id", mode="incremental", confirm=acknowledge)
            def orders(state):
                assert not state or os.path.exists("acknowledged")
                state = (state or 0) + 1
                yield {"id": state}
                foz.set_state(state)
            """");
        await project.RunWellAsync();
        await project.RunWellAsync();
        Assert.Equal(["1", "2"], await project.RowsAsync("SELECT id FROM shop.orders"));
        Assert.Equal(
            ["1", "1", "2"],
            await File.ReadAllLinesAsync(Path.Combine(project.Folder, "acknowledged"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(
        "def orders():\n    x = 1\n    raise ValueError('no such shop')", "line 9, in orders",
        "ValueError: no such shop")]
    [InlineData(
        "def orders():\n    yield 5", "ended with exit code 1", "TypeError: a row must be a dict of columns, not int")]
    [InlineData("def order():\n    pass", "the tap has no stream 'orders'", "order")]
    [InlineData("def orders(:\n    pass", "ended with exit code 1", "SyntaxError")]
    [InlineData("def orders():\n    yield {'id': 1}\n    import os; os._exit(7)", "ended with exit code 7", "")]
    [InlineData(
        "def orders():\n    yield from ({'id': n} for n in range(10000))\n    import os; os._exit(0)",
        "it ended before it was done", "")]
    [InlineData(
        "def orders():\n    try:\n        1 / 0\n    except ZeroDivisionError as e:\n        raise ValueError('no rate') from e", "ValueError: no rate", "direct cause")]
    [InlineData("async def orders():\n    return []", "TypeError: orders() is async", "")]
    public async Task What_goes_wrong_fails_the_step_and_names_the_line(string code, string expected, string also)
    {
        project.Write("sources/lib/shop.py", "").Write("sources/bad.py", $"""""
            """@foz
            streams:
              orders: {"{}"}
            @foz"""
            import foz

            {code}
            """"");
        var error = await project.FailAsync();
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Contains(also, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(project.Folder, "lake/bronze/orders/_delta_log")));
    }

    [Fact]
    public async Task A_source_has_the_projects_variables_and_sends_each_row_once_though_it_forks()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "forks");
        project.Write("sources/lib/shop.py", "").Write(".env", "SHOPX=lisbon\n").Write("sources/cities.py", """"
            """@foz
            streams: {cities: {}}
            @foz"""
            from __future__ import annotations
            from dataclasses import dataclass, asdict
            import os, sys
            import foz

            @dataclass
            class City:
                name: str

            def cities():
                yield asdict(City(foz.variable("SHOPX")))
                for end in (lambda: sys.exit(0), lambda: None):
                    if (child := os.fork()) == 0:
                        end()
                        yield {"name": "of a child"}
                    os.waitpid(child, 0)
                yield {"name": "porto"}
            """");
        await project.RunWellAsync();
        Assert.Equal(["lisbon", "porto"], await project.RowsAsync("SELECT name FROM bronze.cities"));
    }

    [Fact]
    public async Task A_snapshot_that_ends_before_it_is_done_leaves_its_table()
    {
        project.Write("sources/lib/shop.py", "").Write("sources/cities.py", City("yield {'n': 1}"));
        await project.RunWellAsync();
        project.Write("sources/cities.py", City("yield {'n': 2}\n    import sys; sys.stdout.flush(); sys.exit(0)"));
        Assert.Contains("it ended before it was done", await project.FailAsync(), StringComparison.Ordinal);
        Assert.Equal(["1"], await project.RowsAsync("SELECT n FROM bronze.cities"));

        static string City(string code) =>
            $"\"\"\"@foz\nstreams: {{cities: {{}}}}\n@foz\"\"\"\ndef cities():\n    {code}\n";
    }

    [Fact]
    public void Keys_of_the_front_matter_are_checked_with_their_lines()
    {
        project.Write("sources/bad.py", "\"\"\"@foz\nstreamz: all\n@foz\"\"\"\n");
        var refused = Assert.IsType<ProjectResult.Refused>(project.TryLoad());
        Assert.Contains(
            refused.Errors,
            e => e.Place is { File: "sources/bad.py", Line: 2 }
                && e.Hint!.Contains("streams", StringComparison.Ordinal));
    }
}
