using Microsoft.Extensions.Configuration;
using Mill.Extensions.Configuration;
using Mill.Secrets;
using Mill.Secrets.Redaction;
using Xunit;

namespace Mill.Tests.Extensions.Configuration;

public sealed class DebugViewTests : IDisposable
{
    private const string Canary = "debug c@nary/1";

    private readonly RedactionSet _values = new();

    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["Database:Password"] = Canary,
        ["Database:Url"] = $"postgres://app:{Uri.EscapeDataString(Canary)}@db/app",
        ["Database:Host"] = "db.example.org",
        [$"Keys:{Canary}"] = "x",
        ["Nothing"] = null,
    }).Build();

    public DebugViewTests()
    {
        using var value = SecretValue.FromText(Canary);
        _values.Set("password", value);
    }

    public void Dispose() => _values.Dispose();

    [Fact]
    public void Every_known_value_is_masked_and_everything_else_is_there()
    {
        var view = _configuration.GetDebugView(_values);
        Assert.DoesNotContain(Canary, view, StringComparison.Ordinal);
        Assert.DoesNotContain(Uri.EscapeDataString(Canary), view, StringComparison.Ordinal);
        Assert.Contains("Password=[REDACTED] (", view, StringComparison.Ordinal);
        Assert.Contains("Url=postgres://app:[REDACTED]@db/app (", view, StringComparison.Ordinal);
        Assert.Contains("Host=db.example.org (", view, StringComparison.Ordinal);
        Assert.Contains("[REDACTED]=x (", view, StringComparison.Ordinal);
    }

    [Fact]
    public void One_value_can_be_masked_where_somebody_has_a_view_of_his_own() =>
        Assert.Contains("Password=[REDACTED]", _configuration.GetDebugView(context => $"{_values.MaskDebugValue(context)} from {context.Path}"), StringComparison.Ordinal);

    [Fact]
    public void Without_its_values_there_is_no_view()
    {
        _values.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _configuration.GetDebugView(_values));
    }
}
