using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Mill.Client;
using Mill.Core.Specs;
using Mill.Interaction;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>Looks at one machine.</summary>
/// <param name="server">Where a server is, or would be.</param>
/// <param name="dataDirectory">Where it keeps, or would keep, its data.</param>
internal sealed class MachineChecks(CliHost host, MillClientOptions server, string dataDirectory)
{
    private const long LeastFree = 1 << 30;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken) =>
    [
        await EngineAsync(cancellationToken).ConfigureAwait(false),
        Directory(),
        Disk(),
        await PortAsync(cancellationToken).ConfigureAwait(false),
        Library("libsqlite3.so.0", "SQLite", "libsqlite3-0", Finding.Failed, Words.NeededByServers),
        Library("libcrypto.so.3", "OpenSSL 3", "libssl3", Finding.Failed, Words.NeededByServers),
        Library("libsodium.so.23", "libsodium", "libsodium23", Finding.Missing, Words.NeededForGitHub),
        Etcd(),
    ];

    private async Task<Finding> EngineAsync(CancellationToken cancellationToken)
    {
        DockerAddress address;
        try
        {
            address = DockerAddress.Parse(host.Variable(DockerAddress.Variable));
        }
        catch (MillException e)
        {
            return new(Finding.Failed, Words.ContainerEngine, e.Message, e.Hint);
        }
        using var handler = new SocketsHttpHandler { UseProxy = false, ConnectCallback = address.SocketPath is { } path ? (_, token) => ConnectAsync(path, token) : null };
        using var http = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(new Uri(address.Http, "/_ping"), cancellationToken).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode) return new(Finding.Failed, Words.ContainerEngine, Words.EngineRefuses(address.ToString(), (int)answer.StatusCode), Words.EngineHint);
            var version = answer.Headers.TryGetValues("Api-Version", out var versions) ? versions.First() : "?";
            return new(Finding.Fine, Words.ContainerEngine, Words.EngineAnswers(address.ToString(), version));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            var isDenied = e.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied };
            if (isDenied) return new(Finding.Failed, Words.ContainerEngine, Words.NoEngine(address.ToString()), Words.EngineDeniedHint);
            return new(Finding.Missing, Words.ContainerEngine, Words.NoEngine(address.ToString()), Find("dockerd") is null ? Words.EngineHint : Words.EngineStoppedHint);
        }
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A directory that is not there yet is made in the one above it that is.</summary>
    private Finding Directory()
    {
        var place = Existing();
        try
        {
            var probe = Path.Combine(place, $".mill-doctor-{Environment.ProcessId}");
            using (new FileStream(probe, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose })) return new(Finding.Fine, Words.DataDirectory, dataDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(Finding.Failed, Words.DataDirectory, Words.NotWritable(place), Words.NotWritableHint);
        }
    }

    private Finding Disk()
    {
        try
        {
            var free = new DriveInfo(Existing()).AvailableFreeSpace;
            return new(free > LeastFree ? Finding.Fine : Finding.Failed, Words.Disk, Words.FreeOnDisk(ByteSize.Rough(free)), free > LeastFree ? null : Words.DiskHint);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(Finding.Failed, Words.Disk, e.Message);
        }
    }

    /// <summary>Free, or taken by a Mill.</summary>
    private async Task<Finding> PortAsync(CancellationToken cancellationToken)
    {
        var address = server.Address;
        try
        {
            using var client = new MillClient(server with { Token = null, Tenant = null, Timeout = Patience });
            await client.GetHealthAsync(cancellationToken).ConfigureAwait(false);
            return new(Finding.Fine, Words.Port, Words.MillAnswers(address));
        }
        catch (MillException e) when (e.Error is not MillError.Unreachable)
        {
            return new(Finding.Failed, Words.Port, Words.OtherAnswers(address), Words.PortHint);
        }
        catch (MillException)
        {
            // Nothing answers: then it has to be free.
        }
        if (!address.IsLoopback) return new(Finding.Failed, Words.Port, Words.NothingAnswers(address), Words.FarServerHint);
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, address.Port);
            listener.Start();
            return new(Finding.Fine, Words.Port, Words.PortIsFree(address.Port));
        }
        catch (SocketException)
        {
            return new(Finding.Failed, Words.Port, Words.OtherAnswers(address), Words.PortHint);
        }
    }

    private static Finding Library(string file, string what, string package, string otherwise, string why) => NativeLibrary.TryLoad(file, out _)
        ? new(Finding.Fine, what, file)
        : new(otherwise, what, Words.LibraryMissing(file, why), Words.InstallHint(package));

    /// <summary>A program of this machine; null where there is none.</summary>
    private string? Find(string program) => (host.Variable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);

    private Finding Etcd() => Find("etcd") is { } found
        ? new(Finding.Fine, "etcd", found)
        : new(Finding.Missing, "etcd", Words.EtcdMissing, Words.InstallHint("etcd-server"));

    private string Existing()
    {
        var place = dataDirectory;
        while (!System.IO.Directory.Exists(place)) place = Path.GetDirectoryName(place) ?? "/";
        return place;
    }
}
