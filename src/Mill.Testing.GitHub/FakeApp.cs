using System.Security.Cryptography;

namespace Mill.Testing.GitHub;

/// <summary>A GitHub App: it proves who it is with a key, and gets itself tokens where it is installed.</summary>
public sealed class FakeApp : IDisposable
{
    private readonly World _world;
    private readonly RSA _key = RSA.Create(2048);
    private readonly List<FakeInstallation> _installations = [];

    internal FakeApp(World world, string slug)
    {
        (_world, Slug, Id) = (world, slug, world.NextId());
        ClientId = $"Iv23{RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 16)}";
    }

    public long Id { get; }

    /// <summary>Does for the id in <c>iss</c>.</summary>
    public string ClientId { get; }

    /// <summary>Its name in addresses.</summary>
    public string Slug { get; }

    public IReadOnlyList<FakeInstallation> Installations => _world.Do(() => _installations.ToList());

    /// <summary>What is downloaded when the key is made: PKCS#1.</summary>
    public string PrivateKeyPem => _key.ExportRSAPrivateKeyPem();

    /// <param name="repositories">Which of the owner's it may go to; null for all.</param>
    /// <param name="permissions">As in <c>secrets=write</c>.</param>
    public FakeInstallation Install(FakeOwner owner, IReadOnlyList<FakeRepository>? repositories, params string[] permissions) => _world.Do(() =>
    {
        var installation = new FakeInstallation(_world.NextId(), this, owner, repositories?.Select(repository => repository.Id).ToList(), FakeToken.Parse(permissions), _world.Now);
        _installations.Add(installation);
        return installation;
    });

    public void Uninstall(FakeInstallation installation) => _world.Do(() => _installations.Remove(installation));

    public void Dispose() => _key.Dispose();

    internal bool HasSigned(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => _key.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
}
