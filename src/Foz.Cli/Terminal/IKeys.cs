namespace Foz.Cli.Terminal;

/// <summary>The keys that a user presses.</summary>
interface IKeys
{
    /// <summary>Whether another key is there already: text that was pasted.</summary>
    bool IsPending { get; }

    /// <summary>Waits for a key, Ctrl-C being one.</summary>
    ConsoleKeyInfo Read();

    /// <summary>Makes Ctrl-C a key until the result is disposed.</summary>
    IDisposable TakeInterrupts();
}

/// <summary>The keys of the console.</summary>
sealed class ConsoleKeys : IKeys
{
    /// <inheritdoc/>
    public bool IsPending => Console.KeyAvailable;

    /// <inheritdoc/>
    public ConsoleKeyInfo Read() => Console.ReadKey(intercept: true);

    /// <inheritdoc/>
    public IDisposable TakeInterrupts()
    {
        Console.TreatControlCAsInput = true;
        return new Taken();
    }

    sealed class Taken : IDisposable
    {
        public void Dispose() => Console.TreatControlCAsInput = false;
    }
}
