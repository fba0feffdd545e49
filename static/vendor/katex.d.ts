export const render: any;
