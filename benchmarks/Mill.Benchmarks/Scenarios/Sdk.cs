using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mill.Benchmarks.Report;
using Mill.Benchmarks.Servers;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Client.Providers;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Secrets.Redaction;

namespace Mill.Benchmarks.Scenarios;

/// <summary>What a program feels that uses secrets: a file of references, a value from the cache, a log without values, and the news of a rotation.</summary>
internal static class Sdk
{
    private const int Files = 2000;
    private const int WarmUp = 500; // files: until both sides are compiled
    private const int Gets = 2_000_000;
    private const int Values = 1000;
    private const int Watchers = 1000;
    private const int Callers = 10_000;
    private const int Exchanges = 10;
    private const double ExpandBar = 10; // ms
    private const double GetBar = 100; // ns
    private const double RedactBar = 200; // MB/s
    private const double WatchBar = 1000; // ms

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchOptions options, string directory)
    {
        await using var mill = await MillProcess.StartAsync(options.Mill, Path.Combine(directory, "sdk"));
        using var client = new MillClient(new() { Address = mill.Address, Token = mill.Token });
        for (var i = 0; i < 100; i++) await SetAsync(client, Name(i), $"value-{i}");
        await using var vault = await VaultProvider.OpenAsync(new() { Server = new() { Address = mill.Address, Token = mill.Token } });
        return [await ExpandAsync(client), await GetAsync(vault), Redact(), await ExchangeAsync(directory), await WatchAsync(vault, client)];
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"app/secret-{number}");

    private static async Task SetAsync(MillClient client, string name, string text)
    {
        using var value = SecretValue.FromText(text);
        await client.SetAsync(name, value);
    }

    private static async Task<Finding> ExpandAsync(MillClient client)
    {
        using var content = SecretValue.FromText(string.Concat(Enumerable.Range(0, 100).Select(i => $"# what the next one is for\nKEY_{i}=pg://web:secret({Name(i)})@db-{i}/app\n")));
        var times = new List<double>();
        for (var i = 0; i < WarmUp + Files; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var answer = await client.ExpandEnvAsync(new ExpandEnvRequest { Content = content });
            if (i >= WarmUp) times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        times.Sort();
        var p99 = times[(int)(times.Count * 0.99)];
        return new("sdk", "a file of 200 lines with 100 references expanded, p99", Figures.Milliseconds(p99), $"p50 {Figures.Milliseconds(times[times.Count / 2])}", $"< {Figures.Milliseconds(ExpandBar)}", p99 < ExpandBar);
    }

    private static async Task<Finding> GetAsync(VaultProvider vault)
    {
        var best = double.MaxValue;
        long allocated = 0;
        for (var round = 0; round < 5; round++)
        {
            var (start, before) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
            for (var i = 0; i < Gets; i++)
            {
                var lookup = await vault.TryGetAsync("app/secret-1");
                lookup.Value!.Dispose();
            }
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Gets);
            allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / Gets;
        }
        return new("sdk", "a get from the vault provider's cache, and its dispose", string.Create(CultureInfo.InvariantCulture, $"{best:F0} ns, {allocated} B allocated"), "", string.Create(CultureInfo.InvariantCulture, $"< {GetBar:F0} ns"), best < GetBar);
    }

    private static Finding Redact()
    {
        var random = new Random(5);
        var secrets = Enumerable.Range(0, Values).Select(_ => SecretValue.FromText(string.Concat(Enumerable.Range(0, random.Next(16, 40)).Select(_ => (char)random.Next('0', 'z'))))).ToList();
        using var redactor = SecretRedactor.Of(secrets);
        var line = Encoding.UTF8.GetBytes("2026-11-22T08:00:00.123Z info: Server.Requests[14] Request finished HTTP/1.1 GET http://app.example.com/api/orders/8812?expand=lines - 200 1532 application/json 3.1415ms\n");
        var output = new ArrayBufferWriter<byte>(line.Length * 2);
        var best = 0.0;
        for (var round = 0; round < 5; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < 200_000; i++)
            {
                redactor.Redact(line, output);
                output.ResetWrittenCount();
            }
            best = Math.Max(best, line.Length * 200_000.0 / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        secrets.ForEach(secret => secret.Dispose());
        return new("sdk", $"log lines masked against {Values} values, one core", string.Create(CultureInfo.InvariantCulture, $"{best:F0} MB/s"), "", string.Create(CultureInfo.InvariantCulture, $"≥ {RedactBar:F0} MB/s"), best >= RedactBar);
    }

    /// <summary>Callers who ask all the time, while the file behind them is exchanged for others.</summary>
    private static async Task<Finding> ExchangeAsync(string directory)
    {
        var path = Path.Combine(directory, "exchanged.env");
        Write(0);
        await using var file = await FileProvider.OpenAsync(new() { Path = path });
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await using var changes = file.WatchAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        var change = changes.MoveNextAsync().AsTask();
        using var stop = new CancellationTokenSource();
        long gets = 0, missing = 0;
        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallAsync(Key(caller % Values)))).ToList();
        for (var exchange = 1; exchange <= Exchanges; exchange++)
        {
            Write(exchange);
            if (!await change) break;
            change = changes.MoveNextAsync().AsTask();
        }
        await stop.CancelAsync();
        await Task.WhenAll(callers);
        await limit.CancelAsync();
        await ((Task)change).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new("sdk", $"gets of {Callers} callers at once that miss a key, while a file of {Values} is exchanged {Exchanges} times", string.Create(CultureInfo.InvariantCulture, $"{missing}"), string.Create(CultureInfo.InvariantCulture, $"of {gets}"), "0", missing == 0);

        static string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"KEY_{number}");

        void Write(int exchange)
        {
            var next = path + ".next";
            File.WriteAllText(next, string.Concat(Enumerable.Range(0, Values).Select(number => $"{Key(number)}={exchange}-{number}\n")));
            File.SetUnixFileMode(next, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.Move(next, path, overwrite: true);
        }

        async Task CallAsync(string key)
        {
            do
            {
                var lookup = await file.TryGetAsync(key);
                Interlocked.Increment(ref gets);
                if (lookup.Value is { } value) value.Dispose();
                else Interlocked.Increment(ref missing);
                // Whoever never waits leaves no thread to the others, the one that reads the file among them.
                await Task.Yield();
            }
            while (!stop.IsCancellationRequested);
        }
    }

    private static async Task<Finding> WatchAsync(VaultProvider vault, MillClient client)
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var watches = Enumerable.Range(0, Watchers).Select(_ => vault.WatchAsync(stop.Token).GetAsyncEnumerator(stop.Token)).ToList();
        var waiting = watches.Select(watch => watch.MoveNextAsync().AsTask()).ToList();
        var start = Stopwatch.GetTimestamp();
        await SetAsync(client, Name(1), "another");
        await Task.WhenAll(waiting);
        var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        await stop.CancelAsync();
        foreach (var watch in watches) await watch.DisposeAsync();
        return new("sdk", $"a rotation, from the write to the last of {Watchers} watchers", Figures.Milliseconds(took), "", $"< {Figures.Milliseconds(WatchBar)}", took < WatchBar);
    }
}
