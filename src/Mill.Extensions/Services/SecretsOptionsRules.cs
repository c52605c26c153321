using Microsoft.Extensions.Options;

namespace Mill.Extensions.Services;

/// <summary>Says everything that is wrong with the options at once, when the host starts.</summary>
internal sealed class SecretsOptionsRules : IValidateOptions<MillSecretsOptions>
{
    public ValidateOptionsResult Validate(string? name, MillSecretsOptions options) => options.Problems().ToList() is { Count: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
}
