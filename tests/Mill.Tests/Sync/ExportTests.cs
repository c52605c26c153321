using System.Buffers;
using System.Globalization;
using System.Text;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Exports;
using Mill.Sync.Sealing;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Mill.Tests.Sync;

/// <summary>What the workflow of a source is given, and what it tells its runner.</summary>
public sealed class ExportTests
{
    [Fact]
    public void An_order_is_read_as_it_was_meant()
    {
        var order = ExportOrder.Read("""{"request_id":"0a-1","target_repo":"acme/web.github.io","Secrets":["DB_URL","api_key"],"secret_name":"OTHER","later":{"a":[{"b":[1]}]}}""");
        Assert.Equal(("0a-1", "acme/web.github.io"), (order.RequestId, order.Target.ToString()));
        Assert.Equal(["DB_URL", "API_KEY"], order.Names);
        Assert.Equal("acme/web@production", ExportOrder.Read("""{"target_repo":"acme/web","target_environment":"production","secrets":["A"]}""").Target.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"target_repo":"acme/web"}""")]
    [InlineData("""{"target_repo":"acme/web","secrets":[]}""")]
    [InlineData("""{"target_repo":"acme/web","secrets":["A",null]}""")]
    [InlineData("""{"target_repo":"acme/web","secrets":["A","a"]}""")]
    [InlineData("""{"target_repo":"acme/web","secrets":["A;rm -rf /"]}""")]
    [InlineData("""{"target_repo":"acme/web","secrets":["GITHUB_TOKEN"]}""")]
    [InlineData("""{"target_repo":"acme/../web","secrets":["A"]}""")]
    [InlineData("""{"target_repo":"acme/web\n","secrets":["A"]}""")]
    [InlineData("""{"target_repo":"acme/..","secrets":["A"]}""")]
    [InlineData("""{"target_repo":"acme/web","secrets":["A"],"request_id":"x'; echo"}""")]
    [InlineData("""{"target_repo":"acme/web","secrets":["A"],"target_environment":""}""")]
    [InlineData("""{"target_repo":"acme/web","secrets":"A"}""")]
    [InlineData("""{"target_repo":"acme/web","secret_name":"A"}""")]
    [InlineData("""{"target_repo":"acme/web","secrets":["A"],"Secrets":["B"]}""")]
    [InlineData("""{"target_repo":"acme/web","secrets":["A"],"target_environment":"x##[stop-commands]t"}""")]
    [InlineData("""{"target_repo":"acme/web","secrets":["A1","A2","A3","A4","A5","A6","A7","A8","A9","A10","A11","A12","A13","A14","A15","A16","A17","A18","A19","A20","A21"]}""")]
    public void What_is_no_order_is_refused(string json) => Assert.Equal(MillError.InvalidRequest, Assert.Throws<MillException>(() => ExportOrder.Read(json)).Error);

    [Fact]
    public void A_policy_is_read_whole_or_not_at_all()
    {
        var rules = ExportPolicy.Read("# ours\nallow POSTGRES_*,REDIS_URL acme/*\r\n\ndeny * acme/fork # not those\n");
        Assert.Equal(["True POSTGRES_*,REDIS_URL acme/*", "False * acme/fork"], rules.Select(rule => $"{rule.IsAllowed} {string.Join(',', rule.Names)} {string.Join(',', rule.Targets)}"));
        foreach (var slip in (string[])["deny *_ROOT-PASSWORD *", "deny , *", "deny A", "allow A acme/web more"]) Assert.Throws<MillException>(() => ExportPolicy.Read(slip));
        var refused = Assert.Throws<MillException>(() => ExportPolicy.Read("allow A acme/web\nalow B acme/web\ndeny\n"));
        Assert.Equal(MillError.Configuration, refused.Error);
        Assert.Contains("Line 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Line 3", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_line_is_masked_and_no_line_break_ends_a_command()
    {
        using var value = SecretValue.FromText("first 100%\r\n\nsecond\n  \nthird");
        var output = new ArrayBufferWriter<byte>();
        RunnerMask.Write(value, output);
        Assert.Equal(
            "::add-mask::first 100%25%0D%0A%0Asecond%0A  %0Athird\n::add-mask::first 100%25\n::add-mask::second\n::add-mask::third\n",
            Encoding.UTF8.GetString(output.WrittenSpan));
        using var nothing = SecretValue.FromText("");
        output.Clear();
        RunnerMask.Write(nothing, output);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void The_workflow_is_one_and_gives_its_script_nothing_that_somebody_sent()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(WorkflowFile.Text()));
        var job = yaml.Documents[0].RootNode["jobs"]["export"];
        Assert.Equal("mill-export", job["environment"].ToString());
        var steps = ((YamlSequenceNode)job["steps"]).Children;
        // What is put into a script by an expression is run as a part of it.
        Assert.All(steps, step => Assert.DoesNotContain("${{", step["run"].ToString(), StringComparison.Ordinal));
        // No value can be sealed without it.
        Assert.Contains(SodiumNative.Library, steps[0]["run"].ToString(), StringComparison.Ordinal);
        var environment = (YamlMappingNode)steps[^1]["env"];
        for (var place = 0; place < WorkflowFile.MostSecrets; place++)
            Assert.Equal($"${{{{ secrets[github.event.client_payload.secrets[{place}] || ''] }}}}", environment[WorkflowFile.ValueVariable(place)].ToString());
        Assert.Equal("${{ toJSON(github.event.client_payload) }}", environment[WorkflowFile.PayloadVariable].ToString());
        Assert.DoesNotContain("toJSON(secrets)", WorkflowFile.Text(), StringComparison.Ordinal);
        // Who reads it is told what it cannot do; and nothing in it asks GitHub for a value, which GitHub would not tell.
        Assert.Contains("# The values are plain text in the memory of the machine that runs this", WorkflowFile.Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("gh secret", WorkflowFile.Text(), StringComparison.Ordinal);
        Assert.True(SecretExport.UsualLimit + TimeSpan.FromMinutes(2) < TimeSpan.FromMinutes(int.Parse(job["timeout-minutes"].ToString(), CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("acme/web", true)]
    [InlineData("Acme/Web.github.io", true)]
    [InlineData("acme", false)]
    [InlineData("acme/", false)]
    [InlineData("acme/web/docs", false)]
    [InlineData("-acme/web", false)]
    [InlineData("acme/web ", false)]
    [InlineData("acme/web\n", false)]
    [InlineData("acme/..", false)]
    [InlineData(null, false)]
    public void A_repository_has_an_owner_and_a_name(string? text, bool isOne) => Assert.Equal(isOne, RepositoryName.TryParse(text, out _));
}
