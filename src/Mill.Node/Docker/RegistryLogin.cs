using System.Buffers.Text;
using System.Text.Json;
using Mill.Secrets;

namespace Mill.Node.Docker;

/// <summary>Who pulls an image.</summary>
internal sealed record RegistryLogin(string Registry, SecretValue Username, SecretValue Password) : IDisposable
{
    public void Dispose()
    {
        Username.Dispose();
        Password.Dispose();
    }

    public override string ToString() => $"login at {Registry}";

    /// <summary>As the Engine wants it: JSON in base64url (https://docs.docker.com/reference/api/engine/version/v1.41/#section/Authentication). HTTP headers are texts, so this one cannot be cleared.</summary>
    public string Header()
    {
        using var body = new PinnedWriter();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            Username.Reveal(json, static (text, into) => into.WriteString("username"u8, text));
            Password.Reveal(json, static (text, into) => into.WriteString("password"u8, text));
            json.WriteString("serveraddress", Registry);
            json.WriteEndObject();
        }
        var padding = (body.WrittenCount % 3) switch { 1 => "==", 2 => "=", _ => "" };
        return Base64Url.EncodeToString(body.WrittenSpan) + padding;
    }
}
