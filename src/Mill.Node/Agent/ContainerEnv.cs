using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Mill.Core.Access;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Specs;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>What a container gets to know: its references, resolved right before it starts. Disposing it clears the values.</summary>
internal sealed class ContainerEnv : IDisposable
{
    private readonly Dictionary<SecretName, SecretReading> _secrets = [];
    private readonly Dictionary<string, string> _addresses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SecretValue> _env = new(StringComparer.Ordinal);
    private readonly List<(SecretFileSpec File, SecretValue Content)> _files = [];

    /// <summary>By the name of the variable.</summary>
    public IReadOnlyDictionary<string, SecretValue> Env => _env;

    public IReadOnlyList<(SecretFileSpec File, SecretValue Content)> Files => _files;

    /// <summary>Of each secret that it refers to.</summary>
    public IReadOnlyDictionary<string, int> Versions => _secrets.ToDictionary(secret => secret.Key.Value, secret => secret.Value.Version.Version, StringComparer.Ordinal);

    /// <summary>Of each service that it refers to.</summary>
    public IReadOnlyDictionary<string, string> Addresses => _addresses;

    /// <summary>What must not be seen anywhere.</summary>
    public IEnumerable<SecretValue> Values => _secrets.Values.Select(secret => secret.Value);

    /// <summary>Who asks the vault for what an allocation refers to. What it may refer to was looked at when it was deployed.</summary>
    public static Caller CallerOf(AllocRecord alloc) => new($"node-{alloc.Node}", $"node {alloc.Node}", Role.Reader, alloc.Tenant);

    /// <summary>Throws <see cref="MillError.NotFound"/> for a secret that is not there (any more), <see cref="MillError.NotReady"/> for a service that has no healthy replica yet, and as <see cref="IVault"/>.</summary>
    /// <param name="port">What the container is told to listen on; null where it is not told.</param>
    public static async Task<ContainerEnv> ResolveAsync(AllocRecord alloc, int? port, FleetState fleet, IVault vault, CancellationToken cancellationToken)
    {
        var env = new ContainerEnv();
        try
        {
            foreach (var name in alloc.Container.Secrets())
            {
                env._secrets[name] = (await ReadAsync(vault, CallerOf(alloc), name, cancellationToken).ConfigureAwait(false)).Answer;
            }
            foreach (var (name, template) in alloc.Container.Env) env._env[name] = env.Expand(template, fleet, name, isText: true);
            foreach (var file in alloc.Container.SecretFiles) env._files.Add((file, env.Expand(file.Content, fleet, file.Path, isText: false)));
            if (port is { } told && !env._env.ContainsKey("PORT")) env._env["PORT"] = SecretValue.FromText(told.ToString(CultureInfo.InvariantCulture));
            return env;
        }
        catch
        {
            env.Dispose();
            throw;
        }
    }

    /// <summary>Who pulls its image. The caller disposes it.</summary>
    public static async Task<RegistryLogin> LoginAsync(AllocRecord alloc, RegistrySpec registry, IVault vault, CancellationToken cancellationToken)
    {
        using var env = new ContainerEnv();
        foreach (var name in registry.Username.Secrets.Concat(registry.Password.Secrets).Distinct()) env._secrets[name] = (await ReadAsync(vault, CallerOf(alloc), name, cancellationToken).ConfigureAwait(false)).Answer;
        return new(registry.Address, env.Expand(registry.Username, FleetState.Empty, registry.Address, isText: true), env.Expand(registry.Password, FleetState.Empty, registry.Address, isText: true));
    }

    /// <summary>The values that a container got when it started, to mask them. The caller disposes them. Throws as <see cref="IVault"/>: <see cref="MillError.NotFound"/> where one is not to be had any more.</summary>
    public static async Task<IReadOnlyList<SecretReading>> RememberAsync(AllocRecord alloc, IReadOnlyDictionary<string, int> versions, IVault vault, CancellationToken cancellationToken)
    {
        var readings = new List<SecretReading>();
        try
        {
            foreach (var (name, version) in versions) readings.Add((await vault.ReadAsync(CallerOf(alloc), new(SecretName.Parse(name), version), cancellationToken).ConfigureAwait(false)).Answer);
            return readings;
        }
        catch
        {
            foreach (var reading in readings) reading.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var reading in _secrets.Values) reading.Dispose();
        foreach (var value in _env.Values) value.Dispose();
        foreach (var (_, content) in _files) content.Dispose();
    }

    private static async ValueTask<Observed<SecretReading>> ReadAsync(IVault vault, Caller caller, SecretName name, CancellationToken cancellationToken)
    {
        try
        {
            return await vault.ReadAsync(caller, new(name), cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            throw new MillException(MillError.NotFound, $"secret \"{name}\" not found", e);
        }
    }

    private SecretValue Expand(Template template, FleetState fleet, string where, bool isText)
    {
        using var text = new PinnedWriter();
        foreach (var part in template.Parts)
        {
            switch (part.Kind)
            {
                case TemplatePartKind.Secret:
                    _secrets[SecretName.Parse(part.Text)].Value.Reveal(text, static (bytes, into) => into.Write(bytes));
                    break;
                case TemplatePartKind.Address:
                    Encoding.UTF8.GetBytes(_addresses[part.Text] = AddressOf(fleet, part.Text), text);
                    break;
                default:
                    Encoding.UTF8.GetBytes(part.Text, text);
                    break;
            }
        }
        // The Engine takes texts, and the environment ends at a zero: rather nothing than half of a value.
        if (isText && (!Utf8.IsValid(text.WrittenSpan) || text.WrittenSpan.Contains((byte)0))) throw new MillException(MillError.InvalidValue, $"the value of {where} is no text: a secret in it holds bytes that the environment cannot. Use secret_file for it");
        return SecretValue.FromBytes(text.WrittenSpan);
    }

    /// <summary>Of a replica that serves.</summary>
    private static string AddressOf(FleetState fleet, string service) =>
        fleet.AllocsOf(service).Where(alloc => alloc is { Status: AllocStatus.Healthy, IsStopping: false, Address: not null }).MinBy(alloc => alloc.Id, StringComparer.Ordinal)?.Address
        ?? throw new MillException(MillError.NotReady, $"the service \"{service}\" has no healthy replica yet");
}
