using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Programs;

namespace Foz.Pipelines.Runs.Engines;

/// <summary>
/// Computes the rows of one model. An engine commits nothing: what it gives is screened, checked, merged and committed
/// in the same way, whatever the engine. An engine is one file beside this one and one line in
/// <see cref="ModelEngines"/>.
/// </summary>
interface IModelEngine
{
    /// <summary>Computes the rows of a batch: of its interval, from the versions of tables that it names.</summary>
    /// <param name="manifest">The batch.</param>
    /// <param name="session">The session that will read the rows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The model does not bind, or fails.</exception>
    Task<ModelOutput> RunAsync(StepManifest manifest, EngineSession session, CancellationToken cancellationToken);

    /// <summary>Adds what more is known of an error of a batch, such as its place in the model's file.</summary>
    /// <param name="manifest">The batch.</param>
    /// <param name="error">The error, for which <see cref="ModelErrors.AreExplained"/>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task<FozException> ExplainAsync(StepManifest manifest, FozException error, CancellationToken cancellationToken);
}

/// <summary>What an engine gave for a batch. What the rows need goes with this object.</summary>
abstract class ModelOutput : IDisposable
{
    ModelOutput() { }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Rows that are computed while they are read.</summary>
    /// <param name="rows">The rows, of the batch's interval alone.</param>
    public sealed class Pulled(Relation rows) : ModelOutput
    {
        /// <summary>Gets the rows.</summary>
        public Relation Rows => rows;

        /// <inheritdoc/>
        public override void Dispose() => rows.Dispose();
    }

    /// <summary>Rows that are computed already, in files.</summary>
    /// <param name="files">The files; of rows outside the batch's interval none is read.</param>
    public sealed class Staged(StagedFiles files) : ModelOutput
    {
        /// <summary>Gets the files.</summary>
        public StagedFiles Files => files;

        /// <inheritdoc/>
        public override void Dispose() => files.Dispose();
    }
}
