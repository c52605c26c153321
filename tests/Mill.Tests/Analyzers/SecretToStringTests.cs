using Xunit;

namespace Mill.Tests.Analyzers;

/// <summary>MILL0002.</summary>
public sealed class SecretToStringTests
{
    [Fact]
    public Task ToString_of_a_secret_is_found_however_it_is_called() => Analysis.HoldsAsync("""
        var a = secret.ToString(); // MILL0002
        var b = kept?.ToString(); // MILL0002
        var c = ((object)secret).ToString(); // MILL0002
        Func<string?> d = secret.ToString; // MILL0002
        var e = Convert.ToString(secret); // MILL0002
        Send(secret.ToString()); // MILL0002
        var f = many.Select(value => value.ToString()).ToList(); // MILL0002
        var g = text.ToString() + secret.Length.ToString() + many.ToString();
        var h = nameof(secret.ToString);
        """);

    [Fact]
    public Task What_asks_for_the_text_of_a_secret_is_found() => Analysis.HoldsAsync("""
        Console.WriteLine(secret); // MILL0002
        Console.Write("{0} {1} {2} {3} {4}", 1, 2, 3, 4, secret); // MILL0002
        Console.Error.WriteLine(secret); // MILL0002
        writer.Write(secret); // MILL0002
        builder.Append(secret); // MILL0002
        builder.Insert(0, secret); // MILL0002
        Debug.WriteLine(secret); // MILL0002
        Trace.TraceInformation("{0}", secret); // MILL0002
        Activity.Current?.SetTag("password", secret); // MILL0002
        Console.WriteLine(secret.Length);
        builder.Append(text).Append(many.Count);
        Keep(secret);
        """);
}
