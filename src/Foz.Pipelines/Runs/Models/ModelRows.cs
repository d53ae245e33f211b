using Foz.Lake.Catalog;
using Foz.Pipelines.Programs;

namespace Foz.Pipelines.Runs.Models;

/// <summary>The rows that a model gives for a batch: of its SELECT, or of its program, which has run when they are open.</summary>
sealed class ModelRows : IDisposable
{
    readonly IDisposable source;

    ModelRows(string sql, IDisposable source) => (Sql, this.source) = (sql, source);

    /// <summary>A SELECT of them, for the session that opened them.</summary>
    public string Sql { get; }

    /// <summary>Those of a SELECT.</summary>
    public static ModelRows Of(BoundStatement bound) => new(bound.Sql, bound);

    /// <summary>Those of a program.</summary>
    public static ModelRows Of(ProgramRows rows) => new(rows.Sql, rows);

    /// <summary>The same rows through another SELECT, which takes their place.</summary>
    public ModelRows With(string sql) => new(sql, source);

    /// <inheritdoc/>
    public void Dispose() => source.Dispose();
}
