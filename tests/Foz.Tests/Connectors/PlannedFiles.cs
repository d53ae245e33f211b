using System.Collections.Immutable;
using Foz.Connectors;

namespace Foz.Tests.Connectors;

/// <summary>The files of plans.</summary>
static class PlannedFiles
{
    /// <summary>The files that a batch is to read; empty where it is to read none.</summary>
    public static ImmutableArray<FileInput> Files(this BatchPlan plan) =>
        plan.Inputs is StreamInputs.OfFiles inputs ? inputs.Files : [];
}
