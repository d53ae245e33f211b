namespace Foz.Serving.Governance;

/// <summary>What a user may do with a table or view, in SQL's words.</summary>
public enum Privilege
{
    /// <summary>Read it.</summary>
    Select,

    /// <summary>Add rows.</summary>
    Insert,

    /// <summary>Change rows.</summary>
    Update,

    /// <summary>Take rows away.</summary>
    Delete,

    /// <summary>Make it.</summary>
    Create,

    /// <summary>Take it out of the lake.</summary>
    Drop,

    /// <summary>Change its columns, properties and descriptions.</summary>
    Alter,

    /// <summary>Optimize, vacuum and repair it, and see its files and history.</summary>
    Maintain,
}
