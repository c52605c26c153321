using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Server.Api;

/// <summary>The value in a request: text or base64, one of the two.</summary>
internal static class GivenValue
{
    /// <summary>Throws <see cref="MillError.InvalidRequest"/> where there is not exactly one, <see cref="MillError.TooLarge"/> over 256 KiB.</summary>
    public static (SecretValue Value, ValueKind Kind) Demand(SecretValue? text, SecretValue? base64)
    {
        var given = (text, base64) switch
        {
            ({ } value, null) => (value, ValueKind.Text),
            (null, { } value) => (value, ValueKind.Binary),
            _ => throw new MillException(MillError.InvalidRequest, "Give the value once: either as value, a text, or as value_base64."),
        };
        return given.Item1.Length <= SetSecret.MaxSize ? given : throw new MillException(MillError.TooLarge, "A value has at most 256 KiB.") { Hint = "Store a key or an address instead of the whole content." };
    }
}
