using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Mill.Core.Members;
using Mill.Secrets;

namespace Mill.Server.Peers;

/// <summary>Who the certificate of a connection says is calling. Judged once for each connection.</summary>
internal sealed class PeerCertificates(CurrentCredentials credentials, TimeProvider time)
{
    private readonly ConditionalWeakTable<X509Certificate2, Judgement> _judged = [];

    /// <summary>Throws <see cref="MillError.Forbidden"/> with the reason where the caller shows no certificate of a node of this cluster.</summary>
    public NodeIdentity Demand(HttpContext http)
    {
        var certificate = http.Connection.ClientCertificate ?? throw Refused("The request came without a node's certificate.");
        var judgement = _judged.GetValue(certificate, Judge);
        if (judgement.Identity is not { } identity) throw Refused($"The certificate is not good here: {judgement.Fault}.");
        // A connection may outlive the certificate it was made with.
        if (certificate.NotAfter.ToUniversalTime() <= time.GetUtcNow().UtcDateTime) throw Refused($"The certificate of node {identity.Node} has ended.");
        return identity;
    }

    public static MillException Refused(string why) => new(MillError.Forbidden, $"This is for the nodes of this cluster. {why}");

    private Judgement Judge(X509Certificate2 certificate)
    {
        if (credentials.Value.Trust.FindFault(certificate, PeerUse.Client, time.GetUtcNow()) is { } fault) return new(null, fault);
        return NodeIdentity.TryParse(certificate, out var identity) ? new(identity, "") : new(null, "it names no node");
    }

    private sealed record Judgement(NodeIdentity? Identity, string Fault);
}
