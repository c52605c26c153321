using System.Buffers;
using System.Text;
using System.Text.Json;
using Mill.Client.Contracts;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Secrets;

public sealed class SecretJsonTests
{
    private const string Canary = "canary-9b1e";

    [Theory]
    [InlineData(30)]
    [InlineData(300)]
    [InlineData(30_000)]
    public void Nothing_of_a_secret_is_left_in_memory_that_others_rent(int repeated)
    {
        using var value = SecretValue.FromText(string.Concat(Enumerable.Repeat($"{Canary}\n\"", repeated)));
        using var text = new PinnedWriter();
        using (var writer = new Utf8JsonWriter(text))
        {
            writer.WriteStartArray();
            JsonSerializer.Serialize(writer, new ExpandEnvRequest { Content = value }, ApiJson.Strict.TypeInfo<ExpandEnvRequest>());
            JsonSerializer.Serialize(writer, new ExpandEnvRequest { Content = value }, ApiJson.Lenient.TypeInfo<ExpandEnvRequest>());
            new SecretBase64Converter().Write(writer, value, JsonSerializerOptions.Default);
            writer.WriteEndArray();
        }
        AssertNothingIsLeft();
    }

    /// <summary>What this thread gave back to the pool last it gets first.</summary>
    private static void AssertNothingIsLeft()
    {
        var encoded = Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary)))[..12];
        for (var size = 16; size <= 1 << 22; size *= 2)
        {
            var rented = ArrayPool<byte>.Shared.Rent(size);
            Assert.True(rented.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Canary)) < 0, $"in one of {size}");
            Assert.True(rented.AsSpan().IndexOf(encoded) < 0, $"encoded, in one of {size}");
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
