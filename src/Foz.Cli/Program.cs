using System.Runtime.InteropServices;
using Foz.Cli;
using Foz.Cli.Terminal;

// The first Ctrl-C asks the command to stop, the second ends the process; in a prompt it stops the statement alone.
var shell = Shell.OfProcess();
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await FozCommand.RunAsync(args, shell, stop.Token);

void Stop(PosixSignalContext signal)
{
    if (signal.Signal is PosixSignal.SIGINT && shell.Interrupts.TryStop())
    {
        signal.Cancel = true;
        return;
    }
    if (stop.IsCancellationRequested) Environment.Exit(2);
    signal.Cancel = true;
    stop.Cancel();
}
