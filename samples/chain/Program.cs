// Says where each of its secrets comes from, and again whenever one of them changes, until Ctrl-C:
//
//   SECRET_PROVIDER_CHAIN=env,file,vault SECRET_FILE_PATH=secrets.env MILL_TOKEN_FILE=… dotnet run --project samples/chain -- DB_PASSWORD API_KEY
//
// samples/chain/chain.sh does so, and takes one place after the other away. samples/chain/compose.yaml is the same for Docker Compose.
using System.Runtime.InteropServices;
using Mill.Client.Providers;
using Mill.Secrets.Providers;

using var stop = new CancellationTokenSource();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
await using var secrets = await SecretProviders.FromEnvironmentAsync(new SecretProviderRegistry().AddVault(), stop.Token);
// First the watch, then the look: what changes in between is seen by one of them.
await using var changes = secrets.WatchAsync(stop.Token).GetAsyncEnumerator(stop.Token);
var next = changes.MoveNextAsync().AsTask();
try
{
    for (; ; next = changes.MoveNextAsync().AsTask())
    {
        foreach (var key in args) await ShowAsync(key);
        Console.WriteLine("--");
        if (!await next) break;
        Console.WriteLine(changes.Current);
    }
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    // asked to end
}
finally
{
    // It waits on where it was a look that ended this, and may not be disposed meanwhile.
    await stop.CancelAsync();
    await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

async Task ShowAsync(string key)
{
    var lookup = await secrets.TryGetAsync(key, stop.Token);
    using var value = lookup.Value;
    Console.WriteLine(lookup.Status switch
    {
        SecretLookupStatus.Found => $"{key}: from {lookup.ResolvedFrom}, {value!.Length} bytes{(lookup.Error is null ? "" : ", the last good one")}",
        SecretLookupStatus.NotFound => $"{key}: in none of them",
        _ => $"{key}: nobody knows, as {lookup.Error!.Provider} cannot be asked",
    });
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
