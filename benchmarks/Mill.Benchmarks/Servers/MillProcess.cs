using System.Diagnostics;

namespace Mill.Benchmarks.Servers;

/// <summary><c>mill dev</c> in a process and a directory of its own.</summary>
internal sealed class MillProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private MillProcess(ChildProcess process, Uri address, string token, TimeSpan startup, string home) =>
        (_process, Address, Token, Startup, Home) = (process, address, token, startup, home);

    public Uri Address { get; }

    public int Port => Address.Port;

    public string Token { get; }

    /// <summary>From the start of the process to the first 200 of <c>/readyz</c>.</summary>
    public TimeSpan Startup { get; }

    public string Home { get; }

    public static async Task<MillProcess> StartAsync(string executable, string home)
    {
        Directory.CreateDirectory(home);
        var data = Path.Combine(home, "mill");
        var start = Stopwatch.GetTimestamp();
        var (process, address) = await ChildProcess.StartAsync(executable, ["dev", "--data-dir", data, "--listen", "127.0.0.1:0", "--master-key-file", Path.Combine(home, "master.key")], home);
        try
        {
            using var client = new HttpClient();
            using var ready = await client.GetAsync(new Uri(address, "/readyz"));
            ready.EnsureSuccessStatusCode();
            var startup = Stopwatch.GetElapsedTime(start);
            return new(process, address, (await File.ReadAllTextAsync(Path.Combine(data, "dev.token"))).Trim(), startup, home);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public long ResidentBytes() => _process.ResidentBytes();

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
