// Starts a module, and gives it the secrets that it may have, and no others:
//
//   SECRET_PROVIDER_CHAIN=file SECRET_FILE_PATH=secrets.env supervisor DB_USER DB_PASSWORD DB_POOL -- samples/module
using System.Diagnostics;
using System.Runtime.InteropServices;
using Mill.Client.Providers;
using Mill.Samples.Module;
using Mill.Samples.Supervisor;
using Mill.Secrets.Providers;

var end = Array.IndexOf(args, "--");
if (end < 0 || end + 1 == args.Length)
{
    Console.Error.WriteLine("error: supervisor NAME… -- PROGRAM ARGUMENTS…");
    return 2;
}
using var stop = new CancellationTokenSource();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
await using var secrets = await SecretProviders.FromEnvironmentAsync(new SecretProviderRegistry().AddVault(), stop.Token);

var start = new ProcessStartInfo(args[end + 1], args[(end + 2)..]) { RedirectStandardInput = true, RedirectStandardOutput = true };
// The way to the secrets is not the module's.
foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("SECRET_", StringComparison.Ordinal) || name.StartsWith("MILL_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
using var module = Process.Start(start)!;
using var channel = new Channel(module.StandardOutput.BaseStream, module.StandardInput.BaseStream);
var supervision = new Supervision(channel, secrets, args[..end].ToHashSet(StringComparer.Ordinal), Console.Out);
// A module whose line is closed ends by itself, and with it its own line.
using (stop.Token.Register(module.StandardInput.Close))
{
    try
    {
        await supervision.RunAsync();
    }
    finally
    {
        module.StandardInput.Close();
    }
}
await module.WaitForExitAsync();
return module.ExitCode;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
