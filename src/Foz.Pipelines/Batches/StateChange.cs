namespace Foz.Pipelines.Batches;

/// <summary>What of a table's definition is not what it was when it was last made.</summary>
[Flags]
public enum StateChange
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The table was never built.</summary>
    New = 1,

    /// <summary>Its SQL.</summary>
    Body = 2,

    /// <summary>What its front matter says, descriptions left out.</summary>
    Configs = 4,

    /// <summary>The names and types that it declares of columns.</summary>
    Contract = 8,

    /// <summary>What is said of it for people.</summary>
    Description = 16,
}
