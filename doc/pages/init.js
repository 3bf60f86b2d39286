// Without Swagger UI the page stays as it is, and says so.
if (window.SwaggerUIBundle) {
  window.SwaggerUIBundle({
    url: '/api/v1/openapi.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    validatorUrl: null, // it would show the address of this service to another one
  });
}
