using System.Text;
using System.Text.Json;
using Xunit;

namespace Mill.Tests.Server.Fixture;

/// <summary>An answer, read to its end.</summary>
internal sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>Names of the members of the body, in order.</summary>
    public string Members => string.Join(' ', Json.EnumerateObject().Select(member => member.Name));

    public string? Code => Json.GetProperty("code").GetString();

    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(pair => pair.Key, pair => string.Join(", ", pair.Value), StringComparer.OrdinalIgnoreCase);
        return new((int)response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync());
    }

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>Demands a problem document as the contract has it, with this status and code.</summary>
    public Answer IsProblem(int status, string code)
    {
        Assert.True(Status == status && Code == code, $"wanted {status} {code}, got {this}");
        Problems.DemandDocumented(this);
        return this;
    }

    public Answer Is(int status)
    {
        Assert.True(Status == status, $"wanted {status}, got {this}");
        return this;
    }

    public override string ToString() => $"{Status} {Text}";
}
