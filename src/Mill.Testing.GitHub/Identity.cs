using System.Globalization;

namespace Mill.Testing.GitHub;

/// <summary>Who asks.</summary>
/// <param name="Refusal">Null where it is somebody, or nobody in particular.</param>
internal sealed record Identity(FakeToken? Token, FakeApp? App, Answer? Refusal)
{
    /// <summary>Whose limits count; null for those that all without a token share.</summary>
    public string? Account => Token?.Account ?? App?.Id.ToString(CultureInfo.InvariantCulture);

    /// <param name="header">What came as <c>Authorization</c>: <c>Bearer</c> or, as in earlier days, <c>token</c>.</param>
    public static Identity Of(string? header, World world)
    {
        if (string.IsNullOrEmpty(header)) return new(null, null, null);
        try
        {
            return header.Split(' ', 2) switch
            {
                ["Bearer" or "bearer", var text] when AppJwt.IsOne(text) => new(null, AppJwt.Verify(text, world), null),
                ["Bearer" or "bearer" or "token", var text] when world.Tokens.TryGetValue(text.Trim(), out var token) && !(token.ExpiresAt <= world.Now) => new(token, null, null),
                _ => new(null, null, Answer.Error(401, "Bad credentials")),
            };
        }
        catch (RefusedException refused)
        {
            return new(null, null, refused.Answer);
        }
    }
}
