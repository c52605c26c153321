namespace Mill.ClusterTests.Processes;

/// <summary>A running <c>mill dev</c>, and a client of it that is the operator.</summary>
internal sealed class MillServer : IAsyncDisposable
{
    private MillServer(MillProcess process, string address, MillApi api) => (Process, Address, Api) = (process, address, api);

    public MillProcess Process { get; }

    public string Address { get; }

    public MillApi Api { get; }

    /// <summary>Starts one and waits until it serves. Throws <see cref="MillDidNotStartException"/>.</summary>
    public static async Task<MillServer> StartAsync(Sandbox sandbox, IReadOnlyDictionary<string, string>? environment = null, string? runner = null, params string[] more)
    {
        var process = Launch(sandbox, environment, runner, more);
        try
        {
            var address = await process.AddressAsync();
            return new(process, address, new MillApi(address, sandbox.Token));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one and waits for nothing.</summary>
    public static MillProcess Launch(Sandbox sandbox, IReadOnlyDictionary<string, string>? environment = null, string? runner = null, params string[] more) =>
        MillProcess.Start(sandbox, ["dev", "--data-dir", sandbox.Data, .. Unless(more, "--listen", "127.0.0.1:0"), .. more], environment, runner);

    /// <summary>A start that must not succeed.</summary>
    public static async Task<MillDidNotStartException> RefuseAsync(Sandbox sandbox, IReadOnlyDictionary<string, string>? environment = null, string? runner = null, params string[] more)
    {
        try
        {
            await using var server = await StartAsync(sandbox, environment, runner, more);
        }
        catch (MillDidNotStartException refusal)
        {
            return refusal;
        }
        throw new Xunit.Sdk.XunitException("The server started although it must not.");
    }

    /// <summary>Stops as an operator would; returns the exit code.</summary>
    public async Task<int> StopAsync(Signal signal = Signal.Terminate)
    {
        Process.Send(signal);
        return await Process.ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await Process.DisposeAsync();
    }

    private static string[] Unless(string[] more, string option, string value) => more.Contains(option) ? [] : [option, value];
}
