using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;
using Mill.Client.Contracts;
using Mill.Secrets;
using Mill.Server.Http;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary>The served document and the server say the same.</summary>
public sealed class OpenApiTests
{
    private static readonly string[] Methods = ["get", "put", "post", "delete"];

    private static readonly string File = Path.Combine(Repository.Root, "src", "Mill.Server", "openapi.json");

    private static readonly JsonNode Document = JsonNode.Parse(System.IO.File.ReadAllText(File))!;

    [Fact]
    public void It_is_valid_OpenAPI_3_1()
    {
        var result = OpenApiDocument.Parse(System.IO.File.ReadAllText(File), "json");

        Assert.Empty(result.Diagnostic!.Errors);
        Assert.Empty(result.Diagnostic.Warnings);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, result.Diagnostic.SpecificationVersion);
    }

    [Fact]
    public async Task It_is_served_as_it_is_without_a_token()
    {
        await using var server = await TestServer.StartAsync();

        Assert.Equal(await System.IO.File.ReadAllBytesAsync(File), await server.Http.GetByteArrayAsync("/openapi/v1.json"));
    }

    [Fact]
    public async Task Every_route_is_in_it_and_nothing_else()
    {
        await using var server = await TestServer.StartAsync();
        var mapped = server.Routes.SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {route.RoutePattern.RawText}")).ToHashSet();
        // One pattern takes all that is about a name; what follows the name is told apart inside.
        Assert.True(mapped.Remove("GET /v1/secrets/{**name}") && mapped.Remove("PUT /v1/secrets/{**name}") && mapped.Remove("DELETE /v1/secrets/{**name}") && mapped.Remove("POST /v1/secrets/{**name}"));
        string[] inside = ["GET /v1/secrets/{name}", "PUT /v1/secrets/{name}", "DELETE /v1/secrets/{name}", "GET /v1/secrets/{name}/history", "POST /v1/secrets/{name}/destroy"];

        var described = Document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"));

        Assert.Equal(mapped.Concat(inside).Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_member_of_every_body_is_in_its_schema_and_nothing_else()
    {
        var types = typeof(SecretResponse).Assembly.GetTypes().Where(type => type.Namespace == typeof(SecretResponse).Namespace && type.IsPublic).ToDictionary(type => type.Name);
        foreach (var (name, schema) in Document["components"]!["schemas"]!.AsObject())
        {
            var members = ApiJson.Strict.GetTypeInfo(types[name]).Properties.Select(property => property.Name);
            Assert.Equal(members.Order(StringComparer.Ordinal), schema!["properties"]!.AsObject().Select(property => property.Key).Order(StringComparer.Ordinal));
        }
        string[] betweenNodes = [nameof(RenewRequest), nameof(EngineAdmissionResponse), nameof(EnginePromotionResponse), nameof(ConfirmResponse)];
        var bodies = types.Keys.Except(betweenNodes).Where(name => name.EndsWith("Request", StringComparison.Ordinal) || name.EndsWith("Response", StringComparison.Ordinal));
        Assert.Empty(bodies.Except(Document["components"]!["schemas"]!.AsObject().Select(schema => schema.Key)));
    }

    [Fact]
    public void Requests_are_closed_as_the_server_is_strict() =>
        Assert.All(
            Document["components"]!["schemas"]!.AsObject().Where(schema => schema.Key.Contains("Request", StringComparison.Ordinal)),
            schema => Assert.False((bool)schema.Value!["additionalProperties"]!));

    [Fact]
    public void Every_code_is_listed()
    {
        var listed = Document["components"]!["schemas"]!["ProblemResponse"]!["properties"]!["code"]!["enum"]!.AsArray().Select(code => (string)code!);

        Assert.Equal(Enum.GetValues<MillError>().Except(Documents.ErrorTableTests.Local).Select(error => error.ToCode()).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_status_of_an_operation_is_one_the_server_gives()
    {
        var statuses = Enum.GetValues<MillError>().Except([MillError.None]).Select(HttpStatus.Of).Concat([101, 200, 201, 202, 204]).ToHashSet();
        var described = Document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Where(operation => Methods.Contains(operation.Key))).SelectMany(operation => operation.Value!["responses"]!.AsObject());

        Assert.All(described, response => Assert.Contains(int.Parse(response.Key, null), statuses));
    }

    [Fact]
    public async Task The_body_of_a_read_is_what_the_serializer_makes_of_its_type()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var body in new object[] { new { value = "p&\"ä\n😀\u0001" }, new { value_base64 = "AAECAw==" } })
        {
            await server.Operator.SendAsync("PUT", "/v1/secrets/app/x", body);
            foreach (var path in new[] { "/v1/secrets/app/x", "/v1/secrets/app/x?version=1" })
            {
                var text = (await server.Operator.SendAsync("GET", path)).Text;
                using var read = JsonSerializer.Deserialize<SecretResponse>(text, ApiJson.Strict)!;
                Assert.Equal(JsonSerializer.Serialize(read, ApiJson.Strict), text);
            }
        }
    }
}
