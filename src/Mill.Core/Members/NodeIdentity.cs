using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.Core.Model;

namespace Mill.Core.Members;

/// <summary>
/// Who a node certificate says its holder is: a name of the kind <c>mill://CLUSTER/nodes/ID?role=ROLE</c> among its alternative names (RFC 5280, 4.2.1.6).
/// </summary>
/// <remarks>It is true only of a certificate that <see cref="ClusterTrust"/> accepted, and only while <see cref="NodeRules.MayTalk"/> says so.</remarks>
public sealed record NodeIdentity(string ClusterId, NodeId Node, NodeRole Role)
{
    private const string AlternativeNames = "2.5.29.17";
    private const string Scheme = "mill://";
    private const string Nodes = "/nodes/";
    private const string RoleQuery = "?role=";
    private const string CommonName = "2.5.4.3";
    private const int MaxClusterLength = 64;

    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    /// <summary>Reads the identity. False where there is none, where there are two, or where the subject names another node.</summary>
    public static bool TryParse(X509Certificate2? certificate, [NotNullWhen(true)] out NodeIdentity? identity)
    {
        identity = null;
        if (certificate is null) return false;
        try
        {
            if (FindUris(certificate) is not [var uri] || !TryParse(uri, out var found) || SubjectOf(certificate) != found.Node.Value) return false;
            identity = found;
            return true;
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Reads the text of an identity. One identity has one text.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out NodeIdentity? identity)
    {
        identity = null;
        if (text is null || !text.StartsWith(Scheme, StringComparison.Ordinal)) return false;
        var rest = text[Scheme.Length..];
        var (nodes, query) = (rest.IndexOf(Nodes, StringComparison.Ordinal), rest.IndexOf(RoleQuery, StringComparison.Ordinal));
        if (nodes < 0 || query < nodes + Nodes.Length) return false;
        var cluster = rest[..nodes];
        if (!IsCluster(cluster) || !NodeId.TryParse(rest[(nodes + Nodes.Length)..query], out var id)) return false;
        if (!NodeRoles.TryParse(rest[(query + RoleQuery.Length)..], out var role)) return false;
        identity = new(cluster, id, role);
        return true;
    }

    public override string ToString() => $"{Scheme}{ClusterId}{Nodes}{Node}{RoleQuery}{Role.Text()}";

    /// <summary>Whether a text can be the id of a cluster: plain enough to stand in a name, and in a log.</summary>
    internal static bool IsCluster(string text) =>
        text.Length is > 0 and <= MaxClusterLength && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static string? SubjectOf(X509Certificate2 certificate)
    {
        var names = certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(name => !name.HasMultipleElements && name.GetSingleElementType().Value == CommonName)
            .Select(name => name.GetSingleElementValue())
            .ToList();
        return names is [var only] ? only : null;
    }

    /// <summary>.NET lists the host names and addresses among the alternative names, but not the URIs.</summary>
    private static List<string> FindUris(X509Certificate2 certificate)
    {
        var uris = new List<string>();
        foreach (var extension in certificate.Extensions.Where(extension => extension.Oid?.Value == AlternativeNames))
        {
            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                var tag = names.PeekTag();
                if (tag.HasSameClassAndValue(UriTag)) uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag));
                else names.ReadEncodedValue();
            }
        }
        return uris;
    }
}
