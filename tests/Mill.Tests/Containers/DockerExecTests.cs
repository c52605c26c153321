using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Mill.Core.Ports;
using Mill.Node.Docker;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class DockerExecTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("mill-exec-").FullName;
    private readonly TaskCompletionSource _resized = new();
    private readonly TaskCompletionSource _end = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Input_that_the_program_takes_no_more_holds_up_nothing_that_comes_behind_it()
    {
        var address = new DockerAddress(Path.Combine(_directory, "docker.sock"), new("http://docker"));
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(address.SocketPath!));
        listener.Listen();
        using var stop = new CancellationTokenSource();
        var serving = ServeAsync(listener, stop.Token);
        using var docker = new DockerClient(address, TimeProvider.System);
        var (input, sizes, output) = (new Pipe(), Channel.CreateUnbounded<TerminalSize>(), new MemoryStream());
        var run = new DockerExec(docker).RunAsync("c1", new(["/app"], IsTerminal: true), new(input.Reader.AsStream(), (bytes, _, cancellationToken) => output.WriteAsync(bytes, cancellationToken), sizes.Reader.ReadAllAsync()), default);

        // More than anything on the way has room for.
        for (var i = 0; i < 64; i++) await input.Writer.WriteAsync(new byte[64 * 1024]).AsTask().WaitAsync(Patience);
        sizes.Writer.TryWrite(new(101, 33));
        await _resized.Task.WaitAsync(Patience);
        await input.Writer.CompleteAsync();
        _end.SetResult();
        Assert.Equal(7, await run.WaitAsync(Patience));
        Assert.Equal("goes on", Encoding.UTF8.GetString(output.ToArray()));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
    }

    private async Task ServeAsync(Socket listener, CancellationToken cancellationToken)
    {
        var answers = new List<Task>();
        try
        {
            while (true) answers.Add(AnswerAsync(await listener.AcceptAsync(cancellationToken)));
        }
        finally
        {
            await Task.WhenAll(answers);
        }
    }

    /// <summary>By hand: what has become a stream can be closed in one direction only there.</summary>
    private async Task AnswerAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        var path = await RequestAsync(stream);
        if (path.EndsWith("/start", StringComparison.Ordinal))
        {
            socket.Shutdown(SocketShutdown.Receive); // the program has closed its input
            await stream.WriteAsync("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\ngoes on"u8.ToArray());
            await _end.Task;
            return;
        }
        var body = path.EndsWith("/exec", StringComparison.Ordinal) ? """{"Id":"e1"}""" : """{"ExitCode":7,"Running":false}""";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}")));
        if (path.EndsWith("/resize?h=33&w=101", StringComparison.Ordinal)) _resized.SetResult();
    }

    /// <summary>To its end: a connection with something unread would be reset.</summary>
    /// <returns>Its path.</returns>
    private static async Task<string> RequestAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var (first, length) = ((await reader.ReadLineAsync())!, 0);
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            if (line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase)) length = int.Parse(line[16..], CultureInfo.InvariantCulture);
        }
        if (length > 0) await reader.ReadBlockAsync(new char[length]);
        return first.Split(' ')[1];
    }
}
