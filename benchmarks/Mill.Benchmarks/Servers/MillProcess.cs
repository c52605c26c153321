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

    public static async Task<MillProcess> StartAsync(string executable, string home, params string[] more)
    {
        Directory.CreateDirectory(home);
        var data = Path.Combine(home, "mill");
        var start = Stopwatch.GetTimestamp();
        var (process, address) = await ChildProcess.StartAsync(executable, ["dev", "--data-dir", data, "--listen", "127.0.0.1:0", "--master-key-file", Path.Combine(home, "master.key"), .. more], home);
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

    /// <summary>Returns when it has said something so often. Throws <see cref="TimeoutException"/>.</summary>
    public Task UntilSaidAsync(string what, int times, TimeSpan limit) => _process.UntilSaidAsync(what, times, limit);

    /// <summary>SIGKILL, now.</summary>
    public void Kill() => _process.Kill();

    /// <summary>A command of its operator. Throws <see cref="InvalidOperationException"/> with what it said where it fails.</summary>
    public async Task RunAsync(string executable, params string[] arguments)
    {
        var info = ChildProcess.StartInfo(executable, arguments, Home);
        (info.Environment["MILL_ADDRESS"], info.Environment["MILL_TOKEN"]) = (Address.GetLeftPart(UriPartial.Authority), Token);
        using var process = Process.Start(info)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode is not 0) throw new InvalidOperationException($"mill {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output}{await errors}");
    }

    /// <summary>A file to be deployed.</summary>
    /// <returns>Where it is.</returns>
    public string Write(string text)
    {
        var path = Path.Combine(Home, "bench.mill");
        File.WriteAllText(path, text);
        return path;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
