using Foz.DuckDB;

namespace Foz.Lake.Engine;

/// <summary>What a statement gives and takes.</summary>
/// <param name="Columns">The columns of its rows.</param>
/// <param name="Parameters">
/// The types that it wants for its parameters, by name, or number as text; <see cref="TypeId.Invalid"/> where it takes
/// any.
/// </param>
public sealed record StatementShape(
    IReadOnlyList<EngineColumn> Columns, IReadOnlyDictionary<string, LogicalType> Parameters);
