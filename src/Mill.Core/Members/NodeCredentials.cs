using System.Security.Cryptography.X509Certificates;

namespace Mill.Core.Members;

/// <summary>What a node shows of itself, and whom it trusts.</summary>
/// <param name="Certificate">With its private key.</param>
public sealed record NodeCredentials(X509Certificate2 Certificate, ClusterTrust Trust, NodeIdentity Identity) : IDisposable
{
    public void Dispose() => Certificate.Dispose();

    public override string ToString() => Identity.ToString();
}
