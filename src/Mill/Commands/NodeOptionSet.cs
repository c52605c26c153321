using System.CommandLine;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Hosting;
using Mill.Hosting.Cluster;
using Mill.Interaction;
using Mill.Profiles;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>The options of the commands that start a node of a cluster.</summary>
internal sealed class NodeOptionSet(GlobalOptions global)
{
    private const string EtcdVariable = "MILL_ETCD";
    public const int DefaultApiPort = NewNodeOptions.UsualApiPort;

    /// <summary>A few commits of the largest kind.</summary>
    private const long LeastQuota = 64L << 20;

    /// <summary>Far beyond what etcd is good at, and still what a new member can be sent.</summary>
    private const long MostQuota = 64L << 30;

    private readonly Option<string?> _dataDirectory = Symbols.Text("--data-dir", "DIR", Words.NodeDataDirectoryOption);
    private readonly Option<string?> _masterKeyFile = Symbols.Text("--master-key-file", "FILE", Words.NodeMasterKeyFileOption);
    private readonly Option<string?> _etcd = Symbols.Text("--etcd", "FILE", Words.EtcdOption);
    private readonly SizeOption _storageQuota = new("--storage-quota", Words.StorageQuotaOption, LeastQuota, MostQuota, Words.NotAStorageQuota);
    private readonly Option<string?> _logLevel = Symbols.Choice("--log-level", "LEVEL", Words.LogLevelOption, ServerLog.Levels);
    private readonly BackupOptions _backups = new();
    private readonly ContainerOptions _containers = new();
    private readonly Option<string?> _advertise = Symbols.Text("--advertise", "IP", Words.AdvertiseOption);
    private readonly Option<string?> _name = Symbols.Text("--name", "NAME", Words.NodeNameOption);
    private readonly NumberOption _port = Symbols.Number("--port", Words.ApiPortOption);
    private readonly NumberOption _peerPort = Symbols.Number("--peer-port", Words.PeerPortOption);
    private readonly Option<string?> _etcdEndpoints = Symbols.Text("--etcd-endpoints", "URL,…", Words.EtcdEndpointsOption);
    private readonly Option<string?> _etcdAuthority = Symbols.Text("--etcd-ca", "FILE", Words.EtcdAuthorityOption);
    private readonly Option<string?> _etcdCertificate = Symbols.Text("--etcd-cert", "FILE", Words.EtcdCertificateOption);
    private readonly Option<string?> _etcdKey = Symbols.Text("--etcd-key", "FILE", Words.EtcdKeyOption);

    /// <summary>For a node that is there already.</summary>
    public void AddTo(Command command)
    {
        command.Add(_dataDirectory);
        command.Add(_masterKeyFile);
        command.Add(_etcd);
        command.Add(_storageQuota);
        command.Add(_logLevel);
        _backups.AddTo(command);
        _containers.AddTo(command);
    }

    /// <summary>For a node that is to come, too.</summary>
    public void AddAllTo(Command command)
    {
        command.Add(_advertise);
        command.Add(_name);
        command.Add(_port);
        command.Add(_peerPort);
        AddTo(command);
        command.Add(_etcdEndpoints);
        command.Add(_etcdAuthority);
        command.Add(_etcdCertificate);
        command.Add(_etcdKey);
    }

    public string DataDirectory(ParseResult parsed) => Path.GetFullPath(
        DevCommand.Place(parsed, _dataDirectory) ?? Places.NodeData(global.Host) ?? throw new MillException(MillError.Usage, Words.NoHome) { Hint = Words.NoHomeHint(_dataDirectory.Name) });

    public ServerOptions ReadServer(ParseResult parsed, string? role, IReadOnlyList<Uri> vaults) => new()
    {
        DataDirectory = DataDirectory(parsed),
        MasterKey = MasterKey(parsed),
        MasterKeyFile = MasterKeyFile(parsed),
        UsualMasterKeyFile = Places.MasterKey(global.Host),
        Etcd = Etcd(parsed),
        StorageQuota = _storageQuota.Read(parsed),
        LogLevel = ServerLog.LevelOf(parsed.GetValue(_logLevel)),
        Backups = _backups.Read(parsed, global.Host),
        Containers = _containers.Read(parsed, global.Host),
        Role = role is null ? null : RoleOf(role),
        Vaults = vaults,
        Progress = Progress(parsed),
    };

    /// <summary>Throws <see cref="MillError.Usage"/> with everything that keeps this from being a node.</summary>
    public NewNodeOptions ReadNew(ParseResult parsed, string? role)
    {
        var options = ReadPlace(parsed, role);
        if (options is { StorageQuota: not null, Role: NodeRole.Api } or { StorageQuota: not null, ForeignEtcd: not null })
            throw new MillException(MillError.Usage, Words.NoStorageOfItsOwn) { Hint = Words.NoStorageOfItsOwnHint };
        try
        {
            NodeRules.Normal(new(options.Name, options.Advertise, options.ApiPort, options.PeerPort, options.Role, MillVersion.Text));
            return options;
        }
        catch (MillException e)
        {
            throw new MillException(MillError.Usage, Words.NotANode, e) { Hint = Words.NotANodeHint, Problems = [.. e.Problems.Select(problem => problem with { Pointer = OptionOf(problem.Pointer) })] };
        }
    }

    private NewNodeOptions ReadPlace(ParseResult parsed, string? role) => new()
    {
        DataDirectory = DataDirectory(parsed),
        MasterKey = MasterKey(parsed),
        MasterKeyFile = MasterKeyFile(parsed),
        UsualMasterKeyFile = Places.MasterKey(global.Host),
        Etcd = Etcd(parsed),
        StorageQuota = _storageQuota.Read(parsed),
        LogLevel = ServerLog.LevelOf(parsed.GetValue(_logLevel)),
        Backups = _backups.Read(parsed, global.Host),
        Containers = _containers.Read(parsed, global.Host),
        Name = parsed.GetValue(_name) ?? Environment.MachineName,
        Advertise = Advertise(parsed),
        ApiPort = parsed.GetValue(_port) is { } port ? NumberOption.Parse(port, result: null)!.Value : DefaultApiPort,
        PeerPort = parsed.GetValue(_peerPort) is { } peer ? NumberOption.Parse(peer, result: null)!.Value : NewNodeOptions.UsualPeerPort,
        Role = RoleOf(role ?? "both"),
        ForeignEtcd = Foreign(parsed),
        Progress = Progress(parsed),
    };

    private string? MasterKey(ParseResult parsed) => parsed.GetValue(_masterKeyFile) is null ? global.Host.Variable(DevCommand.MasterKeyVariable) : null;

    private string? MasterKeyFile(ParseResult parsed) =>
        (DevCommand.Place(parsed, _masterKeyFile) ?? global.Host.Variable(DevCommand.MasterKeyFileVariable)) is { } path ? Path.GetFullPath(path) : null;

    private string? Etcd(ParseResult parsed) => (DevCommand.Place(parsed, _etcd) ?? global.Host.Variable(EtcdVariable)) is { } path ? Path.GetFullPath(path) : null;

    private string Advertise(ParseResult parsed)
    {
        if (parsed.GetValue(_advertise) is not { } text) throw new MillException(MillError.Usage, Words.NeedsAdvertise) { Hint = Words.NeedsAdvertiseHint };
        return NodeRules.NormalAddress(text) ?? throw new MillException(MillError.Usage, Words.NotAnAddressToAdvertise(text)) { Hint = Words.NeedsAdvertiseHint };
    }

    private ForeignEtcd? Foreign(ParseResult parsed)
    {
        string? File(Option<string?> option) => DevCommand.Place(parsed, option) is { } path ? Path.GetFullPath(path) : null;
        var files = new[] { File(_etcdAuthority), File(_etcdCertificate), File(_etcdKey) };
        if (parsed.GetValue(_etcdEndpoints) is not { } text)
            return files.All(file => file is null) ? null : throw new MillException(MillError.Usage, Words.EtcdFilesAlone) { Hint = Words.EtcdFilesAloneHint };
        var urls = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var url in urls)
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) throw new MillException(MillError.Usage, Words.NotAnEtcdEndpoint(url)) { Hint = Words.NotAnEtcdEndpointHint };
            if (uri.Scheme is "http" ? !uri.IsLoopback : files.Any(file => file is null)) throw new MillException(MillError.Usage, Words.EtcdNeedsTls(url)) { Hint = Words.EtcdFilesAloneHint };
        }
        return new(urls, files[0], files[1], files[2]);
    }

    /// <summary>What is waited for, told to a person, each once; a program reads the log.</summary>
    private Action<string> Progress(ParseResult parsed)
    {
        if (global.IsJson(parsed)) return static _ => { };
        string? last = null;
        return text =>
        {
            if (text == last) return;
            global.Terminal.Say(last = text);
        };
    }

    private string? OptionOf(string? pointer) => pointer switch
    {
        "/name" => _name.Name,
        "/address" => _advertise.Name,
        "/api_port" => _port.Name,
        "/peer_port" => _peerPort.Name,
        _ => pointer,
    };

    private static NodeRole RoleOf(string text) =>
        NodeRoles.TryParse(text, out var role) ? role : throw new MillException(MillError.Usage, Words.NotAChoice(text, ["vault", "api", "both"]));
}
