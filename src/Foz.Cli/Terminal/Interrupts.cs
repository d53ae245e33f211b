namespace Foz.Cli.Terminal;

/// <summary>What Ctrl-C stops while a command works: the whole command, or a part of it that it named.</summary>
sealed class Interrupts
{
    Func<bool>? stop;

    /// <summary>Stops the named part.</summary>
    /// <returns>Whether there is one: otherwise the command is to be stopped.</returns>
    public bool TryStop() => Volatile.Read(ref stop)?.Invoke() ?? false;

    /// <summary>Names a part until the result is disposed.</summary>
    /// <param name="part">Stops it; returns whether it did.</param>
    public IDisposable Take(Func<bool> part)
    {
        Volatile.Write(ref stop, part);
        return new Taken(this);
    }

    sealed class Taken(Interrupts interrupts) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref interrupts.stop, null);
    }
}
