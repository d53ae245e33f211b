using System.Buffers;
using System.Globalization;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;

namespace Foz.Serving.Bounds;

/// <summary>
/// JSON for functions of DuckDB that call themselves for each level of it: one that is too deep exhausts the stack,
/// which ends the process.
/// </summary>
static class BoundedJson
{
    /// <summary>How many arrays and objects stand in each other at most; each has two brackets.</summary>
    public const int DepthMax = 1_000;

    // A type of that depth is of no use, and what reads it takes a time that grows with its square.
    const int ShapeDepthMax = 100;

    // What the engine writes before each line for each level.
    const int IndentWidth = 4;

    // As many as calls have in practice: a macro has a number of arguments.
    const int PatchesMax = 16;

    static readonly SearchValues<byte> marks = SearchValues.Create("[]{},\""u8);

    /// <summary>The functions for an instance.</summary>
    public static IEnumerable<ScalarFunction> Of(EngineInstance instance)
    {
        var bound = new CallBound("json_pretty", instance);
        foreach (var type in (LogicalType[])[LogicalType.Varchar, LogicalType.Json])
        {
            yield return Function(
                "foz_json", type, static json => json.Length < 2 * DepthMax ? 0 : Measure(json, DepthMax), null);
            yield return Function("foz_json_shape", type, static json => Measure(json, ShapeDepthMax), null);
            yield return Function("foz_json_lines", type, static json => Measure(json, DepthMax), bound);
        }
    }

    /// <summary>
    /// What is bounded by a look at its arguments, each of which stands once: nested calls do not multiply.
    /// </summary>
    public static string Macros { get; } =
        """
        CREATE OR REPLACE MACRO json_structure(j) AS system.main.json_structure(foz_json(j));
        CREATE OR REPLACE MACRO json_group_structure(j) AS system.main.json_group_structure(foz_json(j));
        CREATE OR REPLACE MACRO json_pretty(j) AS system.main.json_pretty(foz_json_lines(j));
        CREATE OR REPLACE MACRO json_tree(j) AS TABLE (FROM system.main.json_tree(foz_json(j))),
            (j, path) AS TABLE (FROM system.main.json_tree(foz_json(j), path));
        CREATE OR REPLACE MACRO json_contains(j, part) AS system.main.json_contains(foz_json(j), foz_json(part));

        """
        + string.Concat(
            ((string[])["json_transform", "json_transform_strict", "from_json", "from_json_strict"]).Select(name =>
                $"CREATE OR REPLACE MACRO {name}(j, shape) AS system.main.{name}(foz_json(j), "
                    + "foz_json_shape(shape));\n"))
        + $"CREATE OR REPLACE MACRO "
        + $"json_merge_patch{string.Join(", ", Enumerable.Range(2, PatchesMax - 1).Select(PatchOf))};\n";

    static string PatchOf(int count)
    {
        var names = Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"a{i}"))
            .ToList();
        return $"({string.Join(", ", names)}) AS "
            + $"system.main.json_merge_patch({string.Join(", ", names.Select(name => $"foz_json({name})"))})";
    }

    static ScalarFunction Function(
        string name, LogicalType type, Func<ReadOnlySpan<byte>, long> measure, CallBound? bound) => new()
        {
            Name = name, Parameters = [type], ReturnType = type, IsInterruptible = true,
            Body = (arguments, result) =>
            {
                var texts = arguments[0];
                Int128 total = 0;
                for (var row = 0; row < arguments.RowCount; row++)
                {
                    if (texts.IsNull(row)) continue;
                    arguments.ThrowIfInterrupted();
                    total += measure(texts.Bytes(row));
                    bound?.Check(total);
                }
                result.Share(texts);
            },
        };

    /// <summary>Looks how deep a text is, whether it is JSON or not.</summary>
    /// <returns>Bytes of the text that has a line of its own for each value.</returns>
    /// <exception cref="FozException">It is deeper.</exception>
    static long Measure(ReadOnlySpan<byte> json, int depthMax)
    {
        long made = json.Length;
        var (depth, at) = (0, 0);
        while (json[at..].IndexOfAny(marks) is >= 0 and var found)
        {
            at += found;
            switch (json[at])
            {
                case (byte)'"':
                    at = EndOfText(json, at);
                    continue;
                case (byte)'[' or (byte)'{':
                    if (++depth > depthMax) throw TooDeep(depthMax);
                    break;
                case (byte)']' or (byte)'}':
                    depth = Math.Max(depth - 1, 0);
                    break;
            }
            made += 1 + IndentWidth * depth;
            at++;
        }
        return made;
    }

    /// <summary>Returns the index after a quoted text; the end of the JSON if the text does not end.</summary>
    static int EndOfText(ReadOnlySpan<byte> json, int start)
    {
        for (var at = start + 1; json[at..].IndexOfAny((byte)'"', (byte)'\\') is >= 0 and var found; at += 2)
        {
            at += found;
            if (json[at] == '"') return at + 1;
            if (at + 2 > json.Length) break;
        }
        return json.Length;
    }

    static FozException TooDeep(int depthMax) => FunctionFault.Of(
        "54001",
        string.Create(
            CultureInfo.InvariantCulture,
            $"JSON is nested more than {depthMax} deep: take the part of it that is needed by its path first"));
}
