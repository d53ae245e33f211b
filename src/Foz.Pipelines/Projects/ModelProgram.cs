using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Pipelines.Projects;

/// <summary>A program that gives the rows of a model, in the place of a SELECT.</summary>
public abstract record ModelProgram
{
    /// <summary>How long a program may run by default.</summary>
    public static readonly TimeSpan TimeoutDefault = TimeSpan.FromHours(1);

    ModelProgram() { }

    /// <summary>The tables that it reads, by their names in the project.</summary>
    public IReadOnlyList<StatedName> Reads { get; init; } = [];

    /// <summary>How long it may run.</summary>
    public TimeSpan Timeout { get; init; } = TimeoutDefault;

    /// <summary>How much memory it may hold; null for any.</summary>
    public MemorySize? Memory { get; init; }

    /// <summary>A file in Python, run by the interpreter of the project.</summary>
    /// <param name="File">The file, relative to the project.</param>
    public sealed record Python(string File) : ModelProgram
    {
        /// <summary>What the names mean by which a model of dbt asks for tables; null of one of Foz.</summary>
        public DbtNamesOfProgram? Dbt { get; init; }
    }

    /// <summary>Any other program.</summary>
    /// <param name="Arguments">The program and its arguments, at least one.</param>
    public sealed record Command(IReadOnlyList<string> Arguments) : ModelProgram;
}

/// <summary>What the names mean by which a model in Python of a dbt project asks for tables.</summary>
/// <param name="References">Those of <c>dbt.ref()</c>: <c>orders</c>, <c>shop.orders</c>, <c>orders.v2</c>.</param>
/// <param name="Sources">Those of <c>dbt.source()</c>: <c>till.sales</c>.</param>
/// <param name="Config">What is configured, as a JSON object.</param>
public sealed record DbtNamesOfProgram(
    IReadOnlyDictionary<string, TableName> References, IReadOnlyDictionary<string, TableName> Sources, string Config);
