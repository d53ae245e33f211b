using System.Runtime.InteropServices;
using Foz.Cli;
using Foz.Cli.Terminal;

// The first Ctrl-C asks the command to stop, the second ends the process.
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await FozCommand.RunAsync(args, Shell.OfProcess(), stop.Token);

void Stop(PosixSignalContext signal)
{
    if (stop.IsCancellationRequested) Environment.Exit(2);
    signal.Cancel = true;
    stop.Cancel();
}
