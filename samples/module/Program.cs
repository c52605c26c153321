// A module: it has no secrets of its own, and no way to any but to ask its supervisor, over its standard input and output. What it has to tell goes to the error stream, masked.
// samples/supervisor starts it. MODULE_PATIENCE is how many seconds an answer may take, where that is not 5.
using System.Globalization;
using Mill.Samples.Module;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Secrets.Redaction;

using var masks = new RedactionSet();
await using var log = new StreamWriter(new RedactingStream(Console.OpenStandardError(), masks)) { AutoFlush = true };
using var channel = new Channel(Console.OpenStandardInput(), Console.OpenStandardOutput());
var patience = double.TryParse(Environment.GetEnvironmentVariable("MODULE_PATIENCE"), CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1e6 ? TimeSpan.FromSeconds(seconds) : SecretClient.Patience;
using var secrets = new SecretClient(channel, masks, TimeProvider.System, patience);
var supervised = secrets.RunAsync(CancellationToken.None);

// First the subscription, then the look: a rotation in between is not missed.
using var subscription = secrets.Subscribe("DB_PASSWORD", ConnectAsync);
// All at once; the answers come as they come.
var (size, user, password) = (secrets.GetAsync<int>("DB_POOL").AsTask(), secrets.GetAsync("DB_USER").AsTask(), secrets.GetAsync("DB_PASSWORD").AsTask());
try
{
    await Task.WhenAll(size, user, password);
}
catch (SecretProviderException e)
{
    await log.WriteLineAsync($"error: {e.Message}");
    return 1;
}
using (var first = await user)
using (var second = await password)
    await log.WriteLineAsync($"connected {await size} times: a user of {first.Length} bytes, a password of {second.Length} bytes");

// Until the supervisor closes the line.
await supervised;
return 0;

async ValueTask ConnectAsync(SecretValue changed, CancellationToken cancellationToken)
{
    // A pool may belong to another user by now: that one is asked for, too.
    using var owner = await secrets.GetAsync("DB_USER", SecretMode.ForceRemote, cancellationToken);
    await log.WriteLineAsync($"connected anew: a user of {owner.Length} bytes, a password of {changed.Length} bytes");
}
