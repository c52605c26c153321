using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Mill.Core.Access;
using Mill.Core.Deploys;
using Mill.Core.Language;
using Mill.Core.Model;
using Mill.Core.Specs;
using Mill.Secrets;
using Mill.Server.Http;

namespace Mill.Server.Api.Fleet;

/// <summary>What is to run, as a body says it: a <c>.mill</c> file, or the same as JSON.</summary>
internal static class SpecBody
{
    public const string FileArgument = "file";

    private const string UsualName = "the file";
    private const int LongestName = 255;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Throws <see cref="MillError.InvalidSpec"/> with everything that is wrong; by line and column, where it is a file.</summary>
    public static ValueTask<DeploySpec> ReadAsync(HttpContext http)
    {
        var name = QueryArguments.Of(http, FileArgument).Text(FileArgument) ?? UsualName;
        if (name.Length is 0 or > LongestName || name.Any(char.IsControl)) throw new MillException(MillError.InvalidRequest, "The argument file takes the name of a file.");
        return RequestBody.ReadAsync(http, body => Read(body, name));
    }

    /// <summary>What tells one spec from another.</summary>
    public static string Text(DeploySpec spec) => JsonSerializer.Serialize(spec, SpecJson.Default.DeploySpec);

    /// <summary>Throws <see cref="MillError.UnresolvedReferences"/>. What the caller may not see is not there for them.</summary>
    public static void DemandSecrets(DeploySpec spec, Caller caller, ClusterState seen) =>
        DeployRules.DemandSecrets(spec, name => caller.Sees(name) && seen.Find(new(caller.Tenant, name))?.Current is not null, () => seen.Secrets(caller.Tenant).Names.Where(caller.Sees).Select(name => name.Value));

    private static DeploySpec Read(ReadOnlySpan<byte> body, string name)
    {
        var text = body.TrimStart(" \t\r\n"u8);
        if (text.IsEmpty) throw new MillException(MillError.InvalidRequest, "The body is empty; a .mill file is expected, or the same as JSON.");
        // No .mill file begins so.
        if (text[0] is (byte)'{') return SpecRules.Demand(RequestBody.Parse(body, SpecJson.Default.DeploySpec));
        try
        {
            return SpecRules.Demand(MillFile.Read(new(name, Strict.GetString(body))));
        }
        catch (DecoderFallbackException)
        {
            throw new MillException(MillError.InvalidSpec, $"{name} is no text in UTF-8.");
        }
    }
}
