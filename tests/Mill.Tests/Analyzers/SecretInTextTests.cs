using Xunit;

namespace Mill.Tests.Analyzers;

/// <summary>MILL0001.</summary>
public sealed class SecretInTextTests
{
    [Fact]
    public Task A_secret_in_an_interpolated_text_is_found() => Analysis.HoldsAsync("""
        var a = $"password={secret}"; // MILL0001
        var b = $"{secret,10:x} and {secret}"; // MILL0001 MILL0001
        FormattableString c = $"{secret}"; // MILL0001
        builder.Append($"{secret}"); // MILL0001
        var d = $"{(object)secret}"; // MILL0001
        var e = $"{secret.Length} {nameof(secret)} {secret.Equals(kept)}";
        var f = $"{text}";
        """);

    [Fact]
    public Task A_secret_in_a_sum_of_texts_is_found() => Analysis.HoldsAsync("""
        var a = "password=" + secret; // MILL0001
        var b = secret + text; // MILL0001
        text += secret; // MILL0001
        var c = text + secret.Length;
        text += text;
        """);

    [Fact]
    public Task A_secret_in_a_format_is_found() => Analysis.HoldsAsync("""
        var a = string.Format("{0}", secret); // MILL0001
        var b = string.Format("{0}{1}{2}{3}{4}", 1, 2, 3, 4, secret); // MILL0001
        var c = string.Concat(text, secret); // MILL0001
        var d = string.Join(", ", many); // MILL0001
        var e = string.Join(", ", new object[] { text, secret }); // MILL0001
        builder.AppendFormat("{0}", secret); // MILL0001
        builder.AppendJoin(';', many); // MILL0001
        var f = string.Join(", ", many.Select(value => value.Length));
        var g = string.Format("{0}", secret.Length);
        """);

    [Fact]
    public Task A_secret_that_a_log_is_given_is_found() => Analysis.HoldsAsync("""
        logger.LogInformation("password is {Password}", secret); // MILL0001
        logger.LogError(new InvalidOperationException(), "{A} {B} {C} {D} {E}", 1, 2, 3, 4, secret); // MILL0001
        logger.LogInformation($"password is {secret}"); // MILL0001
        using var scope = logger.BeginScope("{Password}", secret); // MILL0001
        using var other = logger.BeginScope(secret); // MILL0001
        logger.LogInformation("{Passwords}", many); // MILL0001
        logger.LogInformation("{Length}", secret.Length);
        """);

    [Fact]
    public async Task A_secret_that_a_declared_line_is_given_is_found() => await Analysis.HoldsAsync("""
            Lines.Said(logger, secret); // MILL0001
            return null;
        }
        static class Lines
        {
            [LoggerMessage(1, LogLevel.Information, "{Password}")]
            public static void Said(ILogger logger, SecretValue password) { }
        }
        static async Task<object?> OtherAsync()
        {
            await Task.Yield();
        """);
}
