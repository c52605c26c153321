using System.Text;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Tests.Server.Fleet;

/// <summary>Programs in containers: what the test makes of them. Of itself it says what it was asked, and gives back what it read.</summary>
internal sealed class FakeExec : INodeExec
{
    public Func<string, ExecCommand, ExecStreams, CancellationToken, Task<int>> Program { get; set; } = EchoAsync;

    /// <summary>The allocations in which something was run.</summary>
    public List<string> Seen { get; } = [];

    public async Task<int> RunAsync(string allocId, ExecCommand command, ExecStreams streams, CancellationToken cancellationToken)
    {
        lock (Seen) Seen.Add(allocId);
        if (command.Command[0] is "missing") throw new MillException(MillError.ContainerRefused, "no such program");
        return await Program(allocId, command, streams, cancellationToken);
    }

    private static async Task<int> EchoAsync(string alloc, ExecCommand command, ExecStreams streams, CancellationToken cancellationToken)
    {
        await streams.Output(Encoding.UTF8.GetBytes($"{alloc}: {string.Join(' ', command.Command)}\n"), true, cancellationToken);
        var buffer = new byte[4096];
        for (int read; (read = await streams.Input.ReadAsync(buffer, cancellationToken)) > 0;) await streams.Output(buffer.AsMemory(0, read), false, cancellationToken);
        return 7;
    }
}
