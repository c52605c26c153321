using Xunit;

namespace Mill.Tests.Analyzers;

/// <summary>MILL0004.</summary>
public sealed class RevealedValueTests
{
    [Fact]
    public Task A_value_that_goes_where_others_read_is_found() => Analysis.HoldsAsync("""
        logger.LogInformation(secret.Reveal(Encoding.UTF8.GetString)); // MILL0004
        logger.LogInformation("{Password}", secret.Reveal(Encoding.UTF8.GetString)); // MILL0004
        logger.LogInformation($"password is {secret.Reveal(Encoding.UTF8.GetString)}"); // MILL0004
        Console.WriteLine("password is " + secret.Reveal(Encoding.UTF8.GetString).Trim()); // MILL0004
        Console.Error.WriteLine(string.Format("{0}", secret.Reveal(Encoding.UTF8.GetString))); // MILL0004
        Debug.WriteLine(secret.Reveal(Convert.ToHexString)); // MILL0004
        Activity.Current?.SetTag("password", secret.Reveal(Encoding.UTF8.GetString)); // MILL0004
        if (text is "") throw new InvalidOperationException($"{secret.Reveal(Encoding.UTF8.GetString)} is wrong"); // MILL0004
        """);

    [Fact]
    public Task By_way_of_a_local_it_is_found_too() => Analysis.HoldsAsync("""
        var password = secret.Reveal(Encoding.UTF8.GetString);
        Send(password);
        logger.LogInformation("{Password}", password); // MILL0004
        """);

    [Fact]
    public Task A_writer_may_be_the_place_that_needs_it_unless_it_is_the_console() => Analysis.HoldsAsync("""
        writer.Write(secret.Reveal(Encoding.UTF8.GetString));
        using var connection = new StreamWriter(Stream.Null);
        connection.WriteLine("AUTH " + secret.Reveal(Encoding.UTF8.GetString));
        await connection.WriteAsync(secret.Reveal(Encoding.UTF8.GetString));
        connection.Write(secret); // MILL0002
        Console.Out.Write(secret.Reveal(Encoding.UTF8.GetString)); // MILL0004
        await Console.Error.WriteLineAsync($"{secret.Reveal(Encoding.UTF8.GetString)}"); // MILL0004
        """);

    [Fact]
    public Task A_value_that_goes_where_it_is_needed_is_fine() => Analysis.HoldsAsync("""
        Send(secret.Reveal(Encoding.UTF8.GetString));
        Send($"password={secret.Reveal(Encoding.UTF8.GetString)}");
        var password = secret.Reveal(Encoding.UTF8.GetString);
        logger.LogInformation("{Length}", secret.Reveal(bytes => bytes.Length));
        Console.WriteLine(secret.Reveal(bytes => bytes.StartsWith("ab"u8)));
        builder.Append(secret.Reveal(Encoding.UTF8.GetString));
        var copy = secret.Reveal(bytes => bytes.ToArray());
        """);
}
