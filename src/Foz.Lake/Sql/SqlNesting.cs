using System.Runtime.CompilerServices;

namespace Foz.Lake.Sql;

/// <summary>How deep what reads SQL may go into expressions inside of each other.</summary>
public static class SqlNesting
{
    /// <summary>
    /// Makes sure that one level more is possible: what exhausts the stack ends the process, with all that others do in
    /// it.
    /// </summary>
    /// <exception cref="FozException">It is not, of kind <see cref="ErrorKind.Sql"/>.</exception>
    public static void Check()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new FozException(ErrorKind.Sql, "stack depth limit exceeded: expressions are nested too deep")
            {
                SqlState = "54001",
            };
    }
}
